"""Config: a family whose content anyone with access to the Docker API can read."""

from __future__ import annotations

import hashlib

from swarm_provider.convert import objects
from swarm_provider.core import Json
from swarm_provider.core.values import has_secret, reveal
from swarm_provider.model.content import CONTENT, content_of
from swarm_provider.model.resources import CONFIG
from swarm_provider.plan.change.property_diff import Change
from swarm_provider.plan.change.text_diff import changed_lines
from swarm_provider.plan.ownership.advice import on_config
from swarm_provider.plugin.handlers.family.versions import FamilyHandler
from swarm_provider.plugin.protocol.operations import Request


class ConfigHandler(FamilyHandler):
    """`swarm:index:Config`."""

    resource = CONFIG
    kind = "config"
    id_output = "configId"
    _readable = CONTENT

    def to_spec(self, inputs: Json) -> Json:
        return objects.config_to_spec(inputs)

    def from_spec(self, spec: Json) -> Json:
        return objects.config_from_spec(spec)

    def _advise(self, request: Request, inputs: Json) -> None:
        open_to_all = "Anyone with access to the Docker API can read a config"
        if _is_secret(inputs):
            text = (
                f"the content of {inputs['baseName']!r} is marked secret. {open_to_all}, and its name contains a digest"
            )
            self.session.warn(request.urn, f"{text} of the content; use a Secret")
            return
        data = inputs.get("data")
        if isinstance(data, str):
            self.run.advise(request.urn, on_config(inputs["baseName"], data), inputs)

    def _shown(self, request: Request, olds: Json, news: Json, found: list[Change]) -> list[Change]:
        """Show binary content by size and digest: nobody can read base64, and there may be a megabyte of it.

        Of text that Pulumi takes for the same data, show the lines that differ.
        """
        before, after = content_of(olds), content_of(news)
        texts = [reveal(inputs.get("data")) for inputs in (olds, news)]
        if all(isinstance(text, str) for text in texts) and not (_is_secret(olds) or _is_secret(news)):
            said = changed_lines(*texts)
            if said is not None:
                self.session.log.info(request.urn, said, lines=True)
        if before is None or after is None or all(change.path != "dataBase64" for change in found):
            return found
        if _is_secret(olds) or _is_secret(news):
            # Pulumi masks it; a digest would let one check guesses
            return found
        if before != after:
            self.session.log.info(request.urn, f"the content changes: {_described(before)} => {_described(after)}")
        return [change for change in found if change.path != "dataBase64"]

    def _live_content(self, inputs: Json, found: Json, *, moved: bool) -> None:
        if content_of(found) != content_of(inputs):
            for key in CONTENT:
                inputs.pop(key, None)
            inputs.update({key: found[key] for key in CONTENT if key in found})


def _is_secret(inputs: Json) -> bool:
    return has_secret([inputs.get(key) for key in CONTENT])


def _described(content: bytes) -> str:
    return f"{len(content)} bytes (sha256 {hashlib.sha256(content).hexdigest()[:16]})"
