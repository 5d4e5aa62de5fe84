"""Short ways to write a compose file and read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.compose import Project, load

Reader = Callable[..., Project]


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Read compose texts: `read("services: ...", env={...}, other="text of the file other")`."""

    def reader(
        *texts: str, env: Mapping[str, Any] | None = None, side: Mapping[str, Any] | None = None, **options: Any
    ) -> Project:
        paths = []
        for name, content in (side or {}).items():
            data = content if isinstance(content, bytes) else content.encode()
            (tmp_path / name).write_bytes(data)
        for number, text in enumerate(texts, 1):
            path = tmp_path / f"{number}.yml"
            path.write_text(text, encoding="utf-8")
            paths.append(path)
        return load(paths, stack=options.pop("stack", "shop"), env=env or {}, **options)

    return reader
