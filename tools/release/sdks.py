"""The schema, and the SDKs for Node.js and Go that are generated out of it, as `pulumi package gen-sdk` does it.

The Go module is a zip in the form of Go's module proxies; the workflow commits what is in it under the module's tag.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tools.release.archive import write_zip
from tools.release.workshop import REPO, Failed, Workshop, step

_SCHEMA: Final = """
import json
from swarm_provider.model.schema import schema
from swarm_provider.version import REPOSITORY, __version__
print(json.dumps({"repository": REPOSITORY, "schema": schema(__version__)}))
"""
_GO_MOD: Final = "module {module}\n\ngo 1.25\n\nrequire github.com/pulumi/pulumi/sdk/v3 v3.274.1\n"
_GO: Final = {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "GOWORK": "off"}


def build(shop: Workshop) -> None:
    """Write the schema, the npm package and the Go module."""
    with step("schema") as notes:
        python = shop.python("schema", "--no-deps", shop.wheel())
        told = json.loads(shop.run([python, "-c", _SCHEMA]))
        repository, schema = told["repository"], told["schema"]
        file = shop.out / "schema.json"
        file.write_text(json.dumps(schema, indent=2, sort_keys=True) + "\n", "utf-8")
        notes.append(str(schema["version"]))
    with step("hosts"):
        hosts = Path(shop.run([REPO / "tools" / "pulumi-cli.sh", "--languages"]).strip())
    with step("nodejs sdk") as notes:
        about = {"description": schema["description"], "repository": {"type": "git", "url": f"git+{repository}.git"}}
        notes.append(_nodejs(shop, hosts, file, about).name)
    with step("go sdk") as notes:
        notes.append(_golang(shop, hosts, file, schema).name)


def _nodejs(shop: Workshop, hosts: Path, schema: Path, about: Mapping[str, Any]) -> Path:
    """Return the npm package: generated, compiled, packed."""
    made = shop.folder("nodejs")
    shop.run([hosts / "pulumi-sdkgen", schema, "nodejs", made])
    modules = hosts / "node" / "node_modules"
    (made / "node_modules").symlink_to(modules)
    shop.run(["node", modules / "typescript" / "bin" / "tsc"], made)
    package = {**json.loads((made / "package.json").read_text("utf-8")), **about}
    # compiled already; who installs it has no compiler
    for unused in ("scripts", "devDependencies"):
        package.pop(unused, None)
    (made / "bin" / "package.json").write_text(json.dumps(package, indent=2) + "\n", "utf-8")
    for name in ("README.md", "LICENSE"):
        shutil.copyfile((REPO if name == "LICENSE" else made) / name, made / "bin" / name)
    told: Any = json.loads(shop.run(["npm", "pack", "--json", "--pack-destination", shop.out], made / "bin"))
    return shop.out / str(told[0]["filename"])


def _golang(shop: Workshop, hosts: Path, schema: Path, told: Any) -> Path:
    """Return the Go module: generated, compiled to see that it can be, packed."""
    if shutil.which("go") is None:
        raise Failed("go is not on PATH; the Go SDK is compiled before it is packed")
    made = shop.folder("go")
    shop.run([hosts / "pulumi-sdkgen", schema, "go", made])
    folder, module = made / "swarm", told["language"]["go"]["importBasePath"]
    (folder / "go.mod").write_text(_GO_MOD.format(module=module), "utf-8")
    shutil.copyfile(REPO / "LICENSE", folder / "LICENSE")
    shop.run(["go", "mod", "tidy"], folder, _GO)
    shop.run(["go", "build", "./..."], folder, _GO)
    version = f"v{told['version']}"
    packed = shop.out / f"pulumi-swarm-go-sdk-{version}.zip"
    write_zip(packed, folder, f"{module}@{version}/", shop.epoch)
    return packed
