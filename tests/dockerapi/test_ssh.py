"""The ssh call: what a shell at the far end reads is what the address says."""

from __future__ import annotations

import subprocess

import pytest

from swarm_provider.dockerapi.connection.ssh import command


def far_words(url: str) -> list[str]:
    """What a shell makes of what ssh sends: its arguments after the host, joined by blanks."""
    arguments = command(url, 5)
    sent = " ".join(arguments[arguments.index("--") + 2 :])
    done = subprocess.run(["sh", "-c", f"printf '%s\\n' {sent}"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "path", ["/run/docker.sock", "/run/a b.sock", "/run/$(id)", "/run/a;id", "/run/`id`", "/run/a'b"]
)
def test_path_of_the_socket_is_one_word_to_the_far_shell(path: str) -> None:
    assert far_words(f"ssh://ops@m1{path}") == ["docker", "--host", f"unix://{path}", "system", "dial-stdio"]


def test_address_without_a_path_names_no_socket() -> None:
    assert command("ssh://ops@m1:2222", 5)[-9:] == [
        "-l",
        "ops",
        "-p",
        "2222",
        "--",
        "m1",
        "docker",
        "system",
        "dial-stdio",
    ]
