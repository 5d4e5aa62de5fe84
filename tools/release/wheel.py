"""The Python package: source distribution and wheel."""

from __future__ import annotations

from tools.release.archive import repack
from tools.release.workshop import REPO, Workshop, pinned, step


def build(shop: Workshop) -> None:
    """Build both, the wheel out of the source distribution, and hold their metadata against PyPI's rules."""
    with step("wheel") as notes:
        for old in shop.out.glob("swarm_provider-*"):
            old.unlink()
        python = shop.python("wheel", *pinned("build", "setuptools", "setuptools-scm", "twine"))
        # without isolation: the build backend is one of the pinned tools
        shop.run([python, "-m", "build", "--no-isolation", "--outdir", shop.out, REPO])
        [source] = shop.out.glob("swarm_provider-*.tar.gz")
        repack(source, shop.epoch)
        shop.run([python, "-m", "twine", "check", "--strict", source, shop.wheel()])
        notes += [source.name, shop.wheel().name]
