"""Secret: a family whose content is never readable again, and whose names tell nothing about it."""

from __future__ import annotations

import secrets
from typing import Any

from swarm_provider.convert import objects
from swarm_provider.core import Json
from swarm_provider.core.values import Secret, has_unknown, reveal
from swarm_provider.errors import Problem
from swarm_provider.model.resources import SECRET
from swarm_provider.plugin.handlers.family.content import is_trusted
from swarm_provider.plugin.handlers.family.versions import FamilyHandler
from swarm_provider.plugin.protocol.operations import Request


class SecretHandler(FamilyHandler):
    """`swarm:index:Secret`."""

    resource = SECRET
    kind = "secret"
    id_output = "secretId"

    def to_spec(self, inputs: Json) -> Json:
        return objects.secret_to_spec(inputs)

    def from_spec(self, spec: Json) -> Json:
        return objects.secret_from_spec(spec)

    def _wrap(self, text: str) -> Any:
        return Secret(text)

    def _problems_without_content(self, inputs: Json) -> list[Problem]:
        return [] if "driver" in inputs else super()._problems_without_content(inputs)

    def _draw_key(self, olds: Json, inputs: Json) -> None:
        inputs["key"] = olds.get("key") or Secret(secrets.token_hex(32))

    async def _name(self, request: Request, olds: Json, inputs: Json) -> Any:
        # a preview and the update after it would draw two keys: without an old key nobody knows the name yet
        if "key" not in olds and not has_unknown(inputs["baseName"]):
            trusted = olds.get("name") if is_trusted(olds, inputs) else None
            return trusted or await self._adopted(inputs)
        return await super()._name(request, olds, inputs)

    def _serves(self, inputs: Json, live: Json) -> bool:
        return bool(reveal(inputs.get("adopt")) == "trust")

    def _reusable(self, mine: str | None) -> bool:
        # who has no state has drawn a new key
        return mine is not None

    def _live_content(self, inputs: Json, found: Json, *, moved: bool) -> None:
        """Keep what the state holds, since the swarm never gives it back, while it is that of the live version."""
        if moved:
            inputs.pop("data", None)
            inputs.pop("dataBase64", None)
