"""A directory as configs, one per file, for programs that read a folder such as conf.d."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pulumi

from swarm_provider.errors import InputError, Problem
from swarm_provider.model.components import CONFIG_DIRECTORY
from swarm_provider.resources.args import ServiceConfigArgs
from swarm_provider.resources.arguments.deciding import deciding
from swarm_provider.resources.generated import Config
from swarm_provider.resources.program import shim
from swarm_provider.resources.program.error_reporting import explained

TOKEN: Final = "swarm:index:ConfigDirectory"
_FOREIGN: Final = re.compile(r"[^a-zA-Z0-9._-]+")


class ConfigDirectory(pulumi.ComponentResource):
    """The files of a directory as configs, one per file.

    Each is a family of its own: a changed file makes a new version of that config alone. A new file is mounted by the
    next update of the services, one that is removed is no longer.

    Attributes:
        configs: the configs, by the file's path below the directory, with `/` on every system.
    """

    configs: Mapping[str, Config]

    @explained
    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        directory: str | os.PathLike[str],
        pattern: str = "**/*",
        name: str | None = None,
        labels: Any = None,
        namespace: Any = None,
        template_driver: Any = None,
        keep_previous: Any = None,
        adopt: Any = None,
    ) -> None:
        """
        Args:
            resource_name: the logical name; those of the configs begin with it.
            opts: Pulumi's resource options.
            directory: path of the directory, from the program's working directory.
            pattern: which files, as in pathlib's glob; `*.conf` takes no files of folders below. Default: all files.
                Names that begin with a dot are left out unless the pattern names them.
            name: beginning of the configs' names in the swarm. Default: the logical name.
            labels, namespace, template_driver, keep_previous, adopt: of each config, as in Config.

        Raises:
            RunError: the directory does not exist, or no file of it matches.
        """
        shim.keep_shim()
        named = deciding(CONFIG_DIRECTORY, name=name)["name"]
        files = _files(directory, pattern)
        super().__init__(TOKEN, resource_name, {}, opts)
        base = named or resource_name
        self.configs = {
            path: Config(
                f"{resource_name}-{path}",
                pulumi.ResourceOptions(parent=self),
                name=f"{base}-{word}",
                file=Path(directory, path),
                labels=labels,
                namespace=namespace,
                template_driver=template_driver,
                keep_previous=keep_previous,
                adopt=adopt,
            )
            for path, word in zip(files, _words(files), strict=True)
        }
        self.register_outputs({})

    def mounted(self, target: str, **how: Any) -> list[ServiceConfigArgs]:
        """Return entries for a service's `configs` that put the files below the folder `target` of the container.

        Args:
            target: such as `/etc/nginx/conf.d`.
            how: `uid`, `gid` and `mode` of the files.
        """
        folder = target.rstrip("/")
        entries: list[Any] = [
            {"source": config, "target": f"{folder}/{path}", **how} for path, config in self.configs.items()
        ]
        return entries


def _files(directory: Any, pattern: Any) -> list[str]:
    """Return the paths below the directory, in their order."""
    if not isinstance(directory, (str, os.PathLike)):
        raise InputError(Problem("must be the path of a directory, as a plain string", "directory"))
    if not isinstance(pattern, str) or not pattern or pattern.startswith("/"):
        raise InputError(Problem("must be a pattern of paths below the directory, such as '*.conf'", "pattern"))
    folder = Path(directory)
    if not folder.is_dir():
        wrong = "is not a directory" if folder.exists() else "does not exist"
        raise InputError(Problem(f"{os.fspath(directory)!r} {wrong}", "directory"))
    found = sorted(path.relative_to(folder).as_posix() for path in folder.glob(pattern) if path.is_file())
    if not re.search(r"(?:^|/)\.", pattern):
        found = [path for path in found if not any(part.startswith(".") for part in path.split("/"))]
    if not found:
        raise InputError(Problem(f"no file in {os.fspath(directory)!r} matches {pattern!r}", "pattern"))
    return found


def _words(paths: Sequence[str]) -> list[str]:
    """Return for each path a word that may be a part of a name in the swarm: the path, or its likeness and a digest."""

    def word(path: str) -> str:
        likeness = _FOREIGN.sub("-", path).strip("-._")
        digest = hashlib.sha256(path.encode()).hexdigest()[:8]
        return path if likeness == path else f"{likeness}-{digest}".lstrip("-")

    return [word(path) for path in paths]
