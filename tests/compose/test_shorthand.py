"""The short forms of compose, in docker's reading."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.model.types import short_forms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sh -c 'sleep 1'", ["sh", "-c", "sleep 1"]),
        ("echo a #b c", ["echo", "a"]),
        ("echo a#b", ["echo", "a#b"]),
        ("a # x\nb", ["a", "b"]),
        (r'"a\nb" "x\"y" e\ f', ["anb", 'x"y', "e f"]),
        (r"'a\n'", [r"a\n"]),
        ("'' \"\"", ["", ""]),
        ("a''b", ["ab"]),
        ("", []),
        ("  \t\r\n ", []),
    ],
)
def test_command_is_split_into_words_as_google_shlex_does(text: str, words: list[str]) -> None:
    assert short_forms.shell_words(text) == words


@pytest.mark.parametrize("text", ["'a", '"a', "a\\", '"\\'])
def test_command_with_open_end_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a valid command line"):
        short_forms.shell_words(text)


def port(target: int, published: int = 0, protocol: str = "tcp") -> dict[str, Any]:
    outside = {"published": published} if published else {}
    return {"target": target, **outside, "protocol": protocol, "mode": "ingress"}


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("80", [port(80)]),
        (80, [port(80)]),
        ("8080:80/UDP", [port(80, 8080, "udp")]),
        ("80/", [port(80)]),
        ("0:80", [port(80)]),
        (":80", [port(80)]),
        ("98-100:8-10", [port(10, 100), port(8, 98), port(9, 99)]),
        ("90-91:80", [port(80, 90), port(80, 91)]),
        ("127.0.0.1:8080:80", [port(80, 8080)]),
        ("[::1]:8080:80", [port(80, 8080)]),
        ("::1:8080:80", [port(80, 8080)]),
        ("80:80/tcp/x", [port(80, 80)]),
    ],
)
def test_port_is_read_as_docker_reads_it(text: Any, ports: list[dict[str, Any]]) -> None:
    assert short_forms.port(text) == ports


@pytest.mark.parametrize(
    "text", ["", "x", "80/foo", "1-2:1-3", "5-3:80", "65536", "host:80:80", "8080:", "-1", " 80 ", "999.1.1.1:1:2", "٣"]
)
def test_text_that_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"port|protocol|address|ranges"):
        short_forms.port(text)


def test_address_of_a_port_is_told() -> None:
    assert short_forms.port_address("127.0.0.1:80:80") == "127.0.0.1"
    assert [short_forms.port_address(text) for text in ("80", "0.0.0.0:80:80", "[::]:80:80")] == ["", "", ""]


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("/data", {"type": "volume", "target": "/data"}),
        ("ab", {"type": "volume", "target": "ab"}),
        ("v:/x", {"type": "volume", "target": "v:/x"}),
        ("data:/x", {"type": "volume", "source": "data", "target": "/x"}),
        (
            "data:/x:ro,nocopy",
            {"type": "volume", "source": "data", "target": "/x", "readOnly": True, "volume": {"nocopy": True}},
        ),
        ("data:/x:ro,rw", {"type": "volume", "source": "data", "target": "/x"}),
        ("./a:/x:z", {"type": "bind", "source": "./a", "target": "/x"}),
        ("~:/x:rslave", {"type": "bind", "source": "~", "target": "/x", "bind": {"propagation": "rslave"}}),
        ("C:\\a:/x", {"type": "bind", "source": "C:\\a", "target": "/x"}),
        ("\\\\pipe:/x", {"type": "bind", "source": "\\\\pipe", "target": "/x"}),
    ],
)
def test_volume_is_read_as_docker_reads_it(text: str, mount: dict[str, Any]) -> None:
    assert short_forms.volume(text) == mount


@pytest.mark.parametrize("text", ["", "data::b", ":/xx", "data:/x:", "one:/b:c1:d1", "data:/x:rslave", "/a:/b:nocopy"])
def test_text_that_is_no_volume_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"empty|colons|option"):
        short_forms.volume(text)


def test_extra_hosts_keep_their_order_in_lists_and_are_sorted_in_maps() -> None:
    assert short_forms.extra_hosts(["b:2", "a=1", "c:[::1]", "none"]) == ["b:2", "a:1", "c:::1"]
    assert short_forms.extra_hosts({"b": "2", "a": ["1", "3"], "none": None}) == ["a:1", "a:3", "b:2"]


def test_labels_are_texts() -> None:
    assert short_forms.labels(["a=b=c", "bare", "a=last"]) == {"a": "last", "bare": ""}
    assert short_forms.labels({"n": 1.50, "none": None}) == {"n": "1.5", "none": ""}
