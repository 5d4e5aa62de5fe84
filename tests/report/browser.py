"""Headless Chromium, for tests and for pictures of the report page."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def find_chromium() -> str:
    """Return the browser that is installed."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "no Chromium: tools/setup.sh browser installs it"
    return found


def browse(chromium: str, folder: Path, *args: str) -> str:
    """Run the browser once, with a profile below `folder`; return what it prints."""
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        f"--user-data-dir={folder}/profile", "--virtual-time-budget=3000", *args,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
