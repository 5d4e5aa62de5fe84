"""Image references: how Docker reads `registry/path:tag@digest`, and the short form in which it stores them.

Pure text work. Reading follows the grammar of Docker's reference package; `familiar` is what Docker's own client
makes of a name before it sends a service to the daemon (the daemon does not do it, so whoever calls the API must).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from swarm_provider.errors import InputError

DEFAULT_DOMAIN = "docker.io"
DEFAULT_TAG = "latest"
_LEGACY_DOMAIN = "index.docker.io"
_OFFICIAL = "library/"
_LONGEST_NAME = 255
_REMEMBERED = 512
"""References that are kept as they were read: each is asked for several times from Read to Check."""

_DOMAIN_PART = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_DOMAIN_PART}(?:\.{_DOMAIN_PART})*|\[(?:[a-fA-F0-9:]+)\])(?::[0-9]+)?"
_PATH_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PATH = rf"{_PATH_PART}(?:/{_PATH_PART})*"
_TAG = r"\w[\w.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE = re.compile(
    rf"(?P<domain>{_DOMAIN})/(?P<path>{_PATH})(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?", re.ASCII
)
_IMAGE_ID = re.compile(r"[a-f0-9]{64}")
_DIGEST_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}


@dataclass(frozen=True)
class ImageRef:
    """A parsed reference, with what Docker leaves out.

    Attributes:
        domain: the registry's host and port; `docker.io` where none is written.
        path: the repository within it; official images have theirs under `library/`.
        tag: "" when none is written (`str()` then shows none either).
        digest: `sha256:...`, or "".
    """

    domain: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """The repository in Docker's short form: `nginx`, `team/app`, `registry:5000/app`."""
        if self.domain != DEFAULT_DOMAIN:
            return f"{self.domain}/{self.path}"
        rest = self.path.removeprefix(_OFFICIAL)
        return self.path if "/" in rest else rest

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"


@lru_cache(_REMEMBERED)
def parse(text: str) -> ImageRef:
    """Read an image reference as Docker does.

    Raises:
        InputError: it is none; the text says why in the words of the docker CLI.
    """
    if not text:
        raise _invalid(text, "the image name is empty")
    if _IMAGE_ID.fullmatch(text):
        raise _invalid(text, "an image ID of 64 hexadecimal digits is not allowed here; use name:tag or name@digest")
    domain, rest = _split_domain(text)
    if "/" not in rest and domain == DEFAULT_DOMAIN:
        rest = _OFFICIAL + rest
    repository = re.split("[:@]", rest, maxsplit=1)[0]
    if repository != repository.lower():
        raise _invalid(text, "invalid reference format: repository name must be lowercase")
    match = _REFERENCE.fullmatch(f"{domain}/{rest}")
    if match is None:
        raise _invalid(text, "invalid reference format")
    if len(match["path"]) > _LONGEST_NAME:
        raise _invalid(text, f"repository name must not be more than {_LONGEST_NAME} characters")
    digest = match["digest"] or ""
    if digest:
        _check_digest(text, digest)
    return ImageRef(match["domain"], match["path"], match["tag"] or "", digest)


@lru_cache(_REMEMBERED)
def familiar(text: str) -> str:
    """Return the name under which Docker's client stores an image in a service.

    `bb` becomes `bb:latest`, `docker.io/library/bb:1` becomes `bb:1`, a digest stays. Text that is no reference
    comes back as it is, as the client leaves it to the daemon to refuse.
    """
    try:
        image = parse(text)
    except InputError:
        return text
    return str(image if image.tag or image.digest else replace(image, tag=DEFAULT_TAG))


def without_digest(text: str) -> str:
    """Return the reference in short form with its tag, but not its digest; what is no reference as it is."""
    try:
        image = parse(text)
    except InputError:
        return text
    if image.digest and not image.tag:
        return image.name
    return str(replace(image, tag=image.tag or DEFAULT_TAG, digest=""))


def with_digest(text: str, digest: str) -> str:
    """Return the reference in short form, pinned: `bb` and `sha256:...` become `bb:latest@sha256:...`.

    A digest that is there already stays: who wrote it meant that image.

    Raises:
        InputError: `text` is no reference, or `digest` is no digest.
    """
    image = parse(familiar(text))
    if image.digest:
        return str(image)
    return str(parse(f"{image}@{digest}"))


def registry(text: str) -> str:
    """Return the host (and port) of the registry that a reference names: `docker.io` where none is written.

    Raises:
        InputError: it is no reference.
    """
    return parse(text).domain


def _split_domain(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    # "localhost", a dot, a port or a capital letter tell a host from the first part of a path
    is_host = bool(slash) and (first == "localhost" or "." in first or ":" in first or first != first.lower())
    domain, rest = (first, rest) if is_host else (DEFAULT_DOMAIN, text)
    return (DEFAULT_DOMAIN if domain == _LEGACY_DOMAIN else domain), rest


def _check_digest(text: str, digest: str) -> None:
    algorithm, _, value = digest.partition(":")
    length = _DIGEST_LENGTHS.get(algorithm)
    if length is None:
        raise _invalid(text, f"unsupported digest algorithm; use one of {', '.join(_DIGEST_LENGTHS)}")
    if len(value) != length or value != value.lower():
        raise _invalid(text, f"a {algorithm} digest has {length} lowercase hexadecimal digits")


def _invalid(text: str, why: str) -> InputError:
    return InputError(f"invalid image {text!r}: {why}" if text else why)
