"""What a release is made with: versions, pages, archives; and that all of it names one place."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from swarm_provider.model.provider import PROVIDER
from swarm_provider.model.schema import schema
from swarm_provider.version import PLUGIN_DOWNLOAD_URL, REPOSITORY, __version__
from tests.support.engine import REPO
from tools.release import archive
from tools.release.workshop import PINS, Workshop

SETUP = runpy.run_path(str(REPO / "setup.py"), run_name="setup")
SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(?!0\d)[0-9a-z-]+(\.(?!0\d)[0-9a-z-]+)*)?")


@pytest.mark.parametrize(
    ("tagged", "written"),
    {
        "0.1.0": "0.1.0",
        "1.2": "1.2.0",
        "1.2.0rc1": "1.2.0-rc.1",
        "1.2.0b2": "1.2.0-beta.2",
        # no tag yet; commits behind a tag; behind one of a candidate
        "0.0.0.dev518": "0.0.0-dev.518",
        "1.2.1.dev7": "1.2.1-dev.7",
        "1.2.0rc2.dev3": "1.2.0-rc.2.dev.3",
        "0.0.0.dev0": "0.0.0-dev.0",
    }.items(),
)
def test_version_is_one_for_python_and_for_all_others(tagged: str, written: str) -> None:
    assert SETUP["semantic"](tagged) == written
    assert SEMVER.fullmatch(written)
    assert Version(written) == Version(tagged)


@pytest.mark.parametrize("tagged", ["1.2.3.4", "1.2.3.post1", "1!2.0.0", "1.2.3+local"])
def test_version_that_others_could_not_have_is_refused(tagged: str) -> None:
    with pytest.raises(SystemExit, match=r"is no version of this package: tags are v1\.2\.3"):
        SETUP["semantic"](tagged)


def test_version_of_a_checkout_is_one_for_all_too() -> None:
    assert SEMVER.fullmatch(__version__) and Version(__version__).is_devrelease


def test_readme_on_pypi_links_to_files_of_the_tag() -> None:
    page = SETUP["for_pypi"]((REPO / "README.md").read_text("utf-8"), "1.2.0")
    targets = re.findall(r"\]\(([^)]+)\)", page)
    assert not [target for target in targets if not target.startswith(("https://", "#"))]
    ours = [target.removeprefix(f"{REPOSITORY}/") for target in targets if target.startswith(f"{REPOSITORY}/")]
    assert len(ours) > 20 and all(re.match(r"(blob|raw)/v1\.2\.0/", target) for target in ours)
    assert all((REPO / target.split("/", 2)[2].partition("#")[0]).exists() for target in ours)
    assert "![The page of the report" in page and f"({REPOSITORY}/raw/v1.2.0/docs/report.png)" in page
    assert SETUP["for_pypi"](page, "1.2.0") == page


def test_every_place_names_the_same_repository() -> None:
    owner_and_name = REPOSITORY.removeprefix("https://github.com/")
    listed = subprocess.run(["git", "ls-files"], cwd=REPO, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if (REPO / name).suffix in (".md", ".py", ".toml", ".yml", ".yaml", ".json", ".mod", ".go", ".ts", ".sh"):
            text = (REPO / name).read_text("utf-8")
            for found in re.findall(r"(?:api\.)?github\.com/([\w-]*swarm[\w-]*/[\w-]+)", text):
                assert found == owner_and_name, f"{name} names {found}"
    urls = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]["urls"]
    assert all(url.startswith(REPOSITORY) for url in urls.values())


def test_schema_says_where_the_plugin_is_and_what_the_go_module_is_called() -> None:
    described = schema("1.2.0")
    assert described["pluginDownloadURL"] == PLUGIN_DOWNLOAD_URL == f"github://api.github.com{REPOSITORY[18:]}"
    assert described["language"]["go"]["importBasePath"] == f"{REPOSITORY[8:]}/sdk/go/swarm"


def test_page_of_the_installation_names_every_value_of_the_configuration() -> None:
    page = (REPO / "docs" / "installation.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|", page, re.MULTILINE)
    assert [name for name, _ in rows] == [entry.wire for entry in PROVIDER.inputs if not entry.computed]
    documented = {entry.wire: re.findall(r"\b[A-Z]+_[A-Z_]+\b", entry.doc) for entry in PROVIDER.inputs}
    assert all(re.findall(r"`(\w+)`", variables) == documented[name] for name, variables in rows)


def test_tools_of_a_release_are_pinned() -> None:
    lines = [line for line in PINS.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert lines and all(re.fullmatch(r"[\w-]+==[\w.]+", line) for line in lines)


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def test_archive_of_the_same_files_is_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    fill(first, "lib/b", "run", "lib/a")
    fill(second, "lib/a", "lib/b", "run")
    for folder in (first, second):
        (folder / "run").chmod(0o755)
        (folder / "link").symlink_to("run")
    os.utime(second / "run", (1, 1))
    (second / "lib").chmod(0o700)
    for folder in (first, second):
        archive.pack_folder(tmp_path / f"{folder.name}.tar.gz", folder, 1_700_000_000)
        archive.write_zip(tmp_path / f"{folder.name}.zip", folder, "m@v1/", 1_700_000_000)
    for kind in ("tar.gz", "zip"):
        assert (tmp_path / f"1.{kind}").read_bytes() == (tmp_path / f"2.{kind}").read_bytes()
    with tarfile.open(tmp_path / "1.tar.gz") as packed:
        found = {member.name: (member.type, member.mode) for member in packed.getmembers()}
    # Pulumi refuses links
    assert found == {
        "lib": (tarfile.DIRTYPE, 0o755),
        "lib/a": (tarfile.REGTYPE, 0o644),
        "lib/b": (tarfile.REGTYPE, 0o644),
        "link": (tarfile.REGTYPE, 0o755),
        "run": (tarfile.REGTYPE, 0o755),
    }


def test_source_distribution_is_packed_again_without_what_it_happens_to_have(tmp_path: Path) -> None:
    for number in (1, 2):
        fill(tmp_path / str(number) / "package", "setup.py", "package/a.py")
        with tarfile.open(tmp_path / f"{number}.tar.gz", "w:gz") as made:
            made.add(tmp_path / str(number) / "package", "package")
        os.utime(tmp_path / str(number) / "package", (number, number))
        archive.repack(tmp_path / f"{number}.tar.gz", 1_700_000_000)
    assert (tmp_path / "1.tar.gz").read_bytes() == (tmp_path / "2.tar.gz").read_bytes()


def test_checksums_are_what_sha256sum_checks(tmp_path: Path) -> None:
    fill(tmp_path, "a.whl", "b.tar.gz")
    archive.write_checksums(Workshop(tmp_path, tmp_path / "work", 0))
    archive.write_checksums(Workshop(tmp_path, tmp_path / "work", 0))
    done = subprocess.run(
        ["sha256sum", "--check", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "a.whl: OK\nb.tar.gz: OK\n"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--help"], 0, "0.0.0-dev.N"),
        (["weel"], 2, "no part weel; choose from wheel, sdks, plugin, checksums"),
        (["plugin", "--out"], 1, "0 wheels in"),
    ],
)
def test_command_explains_itself(tmp_path: Path, arguments: list[str], code: int, says: str) -> None:
    given: list[Any] = [*arguments, *([tmp_path] if arguments[-1] == "--out" else [])]
    done = subprocess.run(
        [sys.executable, "-m", "tools.release", *given], cwd=REPO, capture_output=True, text=True, check=False
    )
    assert done.returncode == code and says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("users", "seen"), [({"LD_LIBRARY_PATH_ORIG": "/opt/lib"}, "/opt/lib"), ({}, "None")])
def test_programs_that_the_frozen_plugin_starts_get_the_library_path_of_the_user(
    users: dict[str, str], seen: str
) -> None:
    """PyInstaller's loader sets it to its own folder: ssh would load the plugin's libcrypto."""
    code = (
        "import os, runpy, sys, types\n"
        "sys.modules['swarm_provider.plugin.__main__'] = plugin = types.ModuleType('plugin')\n"
        "plugin.main = lambda: print(os.environ.get('LD_LIBRARY_PATH'))\n"
        "runpy.run_path('tools/release/frozen.py')\n"
    )
    environment = {**os.environ, "LD_LIBRARY_PATH": "/plugin/_internal", **users}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPO, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == seen
