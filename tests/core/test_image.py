"""Image references: Docker's grammar, and the short form in which its client stores them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_provider.core import image
from swarm_provider.errors import InputError

SHA = "sha256:" + "a1" * 32


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("bb", "bb:latest"),
        ("bb:1", "bb:1"),
        ("library/bb", "bb:latest"),
        ("docker.io/library/bb:1", "bb:1"),
        ("index.docker.io/bb", "bb:latest"),
        ("docker.io/diamol/ch06-todo-list", "diamol/ch06-todo-list:latest"),
        ("docker.io/library/team/app", "library/team/app:latest"),
        ("localhost/app", "localhost/app:latest"),
        ("registry:5000/app", "registry:5000/app:latest"),
        ("ghcr.io/team/app:v1", "ghcr.io/team/app:v1"),
        ("Registry/app", "Registry/app:latest"),
        (f"bb@{SHA}", f"bb@{SHA}"),
        (f"docker.io/library/bb:1@{SHA}", f"bb:1@{SHA}"),
        ("[::1]:5000/app", "[::1]:5000/app:latest"),
    ],
)
def test_familiar_name_is_what_dockers_client_stores(text: str, stored: str) -> None:
    assert image.familiar(text) == stored


@pytest.mark.parametrize("text", ["", "UPPER", "a//b", "bb:", "sha256:" + "0" * 129])
def test_familiar_invalid_text_is_left_to_the_daemon(text: str) -> None:
    assert image.familiar(text) == text


def test_parse_full_reference_gives_its_parts() -> None:
    assert image.parse(f"registry:5000/team/app:v1@{SHA}") == image.ImageRef("registry:5000", "team/app", "v1", SHA)


def test_parse_short_name_fills_in_registry_and_library() -> None:
    assert image.parse("nginx") == image.ImageRef("docker.io", "library/nginx")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the image name is empty"),
        ("Nginx", "repository name must be lowercase"),
        ("docker.io/Nginx:1", "repository name must be lowercase"),
        ("nginx:", "invalid reference format"),
        ("nginx:a b", "invalid reference format"),
        ("-nginx", "invalid reference format"),
        ("nginx:" + "t" * 129, "invalid reference format"),
        ("a//b", "invalid reference format"),
        ("http://registry/app", "invalid reference format"),
        ("0" * 64, "64 hexadecimal digits"),
        ("p" * 256, "not be more than 255 characters"),
        ("nginx@sha256:12", "invalid reference format"),
        ("nginx@sha256:" + "a" * 40, "64 lowercase hexadecimal digits"),
        ("nginx@md5:" + "a" * 32, "unsupported digest algorithm"),
    ],
)
def test_parse_invalid_reference_says_why(text: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        image.parse(text)
    assert why in str(caught.value)
    assert text in str(caught.value)


def test_without_digest_keeps_the_tag() -> None:
    assert image.without_digest(f"docker.io/library/bb:1@{SHA}") == "bb:1"


def test_without_digest_of_a_name_without_tag_invents_none() -> None:
    assert image.without_digest(f"bb@{SHA}") == "bb"


def test_with_digest_pins_tag_and_digest() -> None:
    assert image.with_digest("bb", SHA) == f"bb:latest@{SHA}"


def test_with_digest_keeps_the_digest_that_the_user_wrote() -> None:
    other = "sha256:" + "b2" * 32
    assert image.with_digest(f"bb:1@{other}", SHA) == f"bb:1@{other}"


@pytest.mark.parametrize(
    ("text", "host"),
    [("bb", "docker.io"), ("team/bb:1", "docker.io"), ("ghcr.io/t/a", "ghcr.io"), ("10.0.0.1:5000/a", "10.0.0.1:5000")],
)
def test_registry_is_the_host_or_docker_hub(text: str, host: str) -> None:
    assert image.registry(text) == host


# no dots: Docker Hub has none in account names, and Docker's own short form would read one as a host
part = st.from_regex(r"[a-z0-9]+([_-][a-z0-9]+)?", fullmatch=True)
references = st.builds(
    lambda host, path, tag, digest: f"{host}{'/'.join(path)}{tag}{digest}",
    st.sampled_from(["", "docker.io/", "localhost/", "ghcr.io/", "registry:5000/"]),
    st.lists(part, min_size=1, max_size=3),
    st.sampled_from(["", ":1", ":v1.2-rc_3"]),
    st.sampled_from(["", f"@{SHA}"]),
)


@given(references)
def test_familiar_name_means_the_same_image_and_is_stable(text: str) -> None:
    short = image.familiar(text)
    assert image.familiar(short) == short
    before, after = image.parse(text), image.parse(short)
    assert (before.domain, before.path, before.digest) == (after.domain, after.path, after.digest)
    assert before.tag in ("", after.tag)


@given(st.text(max_size=40))
def test_parse_any_text_gives_a_reference_or_an_input_error(text: str) -> None:
    try:
        found = image.parse(text)
    except InputError:
        return
    assert image.parse(str(found)) == found
