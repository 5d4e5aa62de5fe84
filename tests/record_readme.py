"""Writes the screens of README.md: `python -m tests.record_readme`, after `python -m tests.record_previews compose`.

What README shows is what the real CLI printed on a real engine: the recorded preview `compose`, what `swarm-provider
report` makes of it, and its page as headless Chromium draws it (`tools/setup.sh browser` installs one).
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from tests.report.browser import browse, find_chromium
from tests.report.golden import PREVIEWS

REPO = Path(__file__).resolve().parents[1]
PAGES = (REPO / "README.md", REPO / "README.ko.md")
PICTURE = REPO / "docs" / "report.png"
_SIZE = "--window-size=980,690"


def blocks() -> dict[str, str]:
    """Return the text of each marked block of README: the preview, and the beginning of the report."""
    comment = (PREVIEWS / "compose.md").read_text("utf-8")
    # without the marker, and as far as the table of services
    report = comment.split("\n", 1)[1].strip().split("\n\n")[:3]
    return {
        "text preview": (PREVIEWS / "compose.txt").read_text("utf-8"),
        "text report": "\n\n".join(report) + "\n",
    }


def with_blocks(text: str) -> str:
    """Return a page with its marked blocks as they are recorded."""
    for info, body in blocks().items():
        text, count = re.subn(rf"^```{info}\n.*?^```$", lambda _: f"```{info}\n{body}```", text, flags=re.M | re.S)  # noqa: B023
        assert count == 1, f"{count} blocks ```{info}"
    return text


def main() -> int:
    for page in PAGES:
        page.write_text(with_blocks(page.read_text("utf-8")), "utf-8")
    with tempfile.TemporaryDirectory(prefix="spreadme") as folder:
        shot = (_SIZE, "--blink-settings=preferredColorScheme=1", f"--screenshot={PICTURE}")
        browse(find_chromium(), Path(folder), *shot, (PREVIEWS / "compose.html").as_uri())
    print(f"{PICTURE.relative_to(REPO)}: {PICTURE.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
