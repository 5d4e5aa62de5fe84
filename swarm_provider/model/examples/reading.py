"""The examples in the schema's descriptions: a program per language for each resource, out of the files in `programs`.

They are files of their language, so that tests run, type-check or compile each (tests/model/test_examples.py and
tests/e2e/test_languages.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from swarm_provider.core.names import snake
from swarm_provider.version import REPOSITORY

LANGUAGES: Final = {"typescript": "ts", "python": "py", "go": "go", "yaml": "yaml"}
"""Language of a fence -> ending of the files."""

TITLES: Final = {
    "Service": "Two replicas behind a published port",
    "Config": "A file for a service, which is updated when the content changes",
    "Secret": "A password out of the stack configuration",
    "Network": "A network with encrypted traffic",
    "Volume": "A volume on one node, and the service that uses it",
    "Node": "A node without tasks",
    "NodeLabel": "A label that a service asks for",
    "Stack": "The services of a compose file, with a tag and a password out of the stack configuration",
    "ConfigDirectory": "Each file of a folder as a config of a service",
    "Release": "A whole stack out of a compose file",
    "Provider": "Another swarm than the default one, with two managers",
}
"""What the example of each resource shows."""

GO_SDK: Final = f"{REPOSITORY.removeprefix('https://')}/sdk/go/swarm"
"""The import path of the SDK for Go."""

_PROGRAMS: Final = Path(__file__).parent / "programs"
_SHAPE: Final = "{doc}\n\n{{{{% examples %}}}}\n## Example Usage\n{{{{% example %}}}}\n### {title}\n\n{programs}\n{end}"
_END: Final = "{{% /example %}}\n{{% /examples %}}"


def described(name: str, doc: str) -> str:
    """Return what is said of a resource, with its example in the form of Pulumi's documentation.

    Each language's SDK, and the registry, takes the programs of its own language out of it.
    """
    if name not in TITLES:
        return doc
    fences = (f"```{language}\n{text}```\n" for language, text in programs(name))
    return _SHAPE.format(doc=doc, title=TITLES[name], programs="\n".join(fences), end=_END)


def programs(name: str) -> Iterator[tuple[str, str]]:
    """Yield the example of a resource in each language, as (language, text)."""
    for language, ending in LANGUAGES.items():
        text = (_PROGRAMS / f"{snake(name)}.{ending}").read_text(encoding="utf-8")
        yield language, text.replace("REPOSITORY/sdk/go/swarm", GO_SDK)
