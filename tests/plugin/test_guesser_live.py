"""An offline guesser: it has all that the swarm shows, a list that holds the secret, and this package's source."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from swarm_provider.core import labels
from swarm_provider.core.values import Secret
from swarm_provider.plan.families import naming
from tests.support.engine import Docker
from tests.support.run import Run

pytestmark = pytest.mark.live

HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b")
SHOWN = 8
"""Digits of a digest that would be enough to tell."""


def everything_public(docker: Docker) -> list[Any]:
    """Names, labels and `inspect` of all that the swarm has."""
    api = docker.api
    return [api.secrets(), api.configs(), api.services(), api.tasks(), api.networks(), api.nodes(), api.inspect_swarm()]


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield key
            yield from texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from texts(entry)
    elif isinstance(value, str):
        yield value
        yield from re.split(r"[^A-Za-z0-9]+", value)


class Guesser:
    """Looks for any trace of a candidate in what is public: as it is, encoded, hashed, hashed with anything public."""

    def __init__(self, public: list[Any]) -> None:
        self.text = json.dumps(public).lower()
        self.salts = sorted({text for text in texts(public) if text and len(text) <= 128})
        items = [item for kind in public[:2] for item in kind]
        self.families = sorted({naming.object_labels(item).get(labels.FAMILY, "") for item in items})
        self.bases = sorted({naming.object_labels(item).get(labels.BASE, "") for item in items})
        self.known = set(re.findall(r"[0-9a-f]{8,}", self.text))
        self.beginnings = {word[:SHOWN] for word in self.known}

    def matches(self, candidates: Iterable[str]) -> set[str]:
        return {candidate for candidate in candidates if self._found(candidate)}

    def _found(self, candidate: str) -> bool:
        raw = candidate.encode()
        plain = (candidate, base64.b64encode(raw).decode().rstrip("="), raw.hex())
        if any(form.lower() in self.text for form in plain):
            return True
        return any(self._shown(digest) for digest in self._digests(raw)) or self._named(raw)

    def _digests(self, raw: bytes) -> Iterator[bytes]:
        for name in HASHES:
            yield hashlib.new(name, raw).digest()
            for salt in self.salts:
                yield hashlib.new(name, salt.encode() + raw).digest()
                yield hashlib.new(name, raw + salt.encode()).digest()
        for salt in self.salts:
            yield hmac.digest(salt.encode(), raw, "sha256")

    def _shown(self, digest: bytes) -> bool:
        return digest.hex()[:SHOWN] in self.beginnings

    def _named(self, raw: bytes) -> bool:
        """Try the scheme of the names itself, with anything public as its key."""
        return any(
            naming.version_name(base, raw, {}, family, key).lower() in self.text
            for family in self.families
            for base in self.bases
            for key in (None, *(salt for salt in self.salts if len(salt) >= SHOWN))
        )


def test_offline_guesser_cannot_tell_which_entry_of_its_list_the_secret_is(docker: Docker, unique: str) -> None:
    words = [f"{word}-{unique}-{number}" for word in ("hunter", "passw0rd", "correct horse") for number in range(4)]
    secrets, open_to_all = (words[1], words[6], words[9]), words[3]
    run = Run(docker.host)
    user = {
        "image": "bb:1",
        "resolveImage": "never",
        "deploy": {"replicas": 0},
        "configs": [f"{unique}-config"],
        "secrets": [f"{unique}-secret"],
    }
    for secret in secrets:
        # rotated, so that old versions, going back and their labels are part of it
        run.up(
            Config={f"{unique}-config": {"data": open_to_all}},
            Secret={f"{unique}-secret": {"data": Secret(secret), "keepPrevious": 5, "labels": {"team": "x"}}},
            Service={f"{unique}-s": user},
        )
    public = everything_public(docker)
    for config in public[1]:
        # of the config only what is public of a secret too: then its name still tells, which shows that the guesser can
        config["Spec"].pop("Data")

    assert Guesser(public).matches(words) == {open_to_all}
