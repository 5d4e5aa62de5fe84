"""The page in a real browser: it shows in light and dark, on wide and narrow screens and on paper, and can be read."""

from __future__ import annotations

import json
import re
import struct
import zlib
from pathlib import Path

import pytest

from tests.report.browser import browse, find_chromium
from tests.report.golden import PREVIEWS

pytestmark = pytest.mark.long
PAGES = sorted(path.name for path in PREVIEWS.glob("*.html") if "-stream" not in path.name)
_WRAPPER = """<!doctype html><meta charset="utf-8"><body>
<iframe id="page" width="WIDTH" height="900" src="PAGE"></iframe>
<script>
function channel(c) { c /= 255; return c <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4); }
function light(c) { return 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]); }
function numbers(text) { return (text.match(/[\\d.]+/g) || []).map(Number); }
document.getElementById("page").onload = function () {
  const page = this.contentDocument, view = this.contentWindow, bad = [];
  for (const one of page.querySelectorAll("main *")) {
    const own = [...one.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || one.closest("svg") && one.tagName !== "text") continue;
    const style = view.getComputedStyle(one), svg = one.tagName === "text";
    let back = null;
    if (svg) { const box = one.closest("g"); const rect = box && box.querySelector("rect");
      if (rect) back = numbers(view.getComputedStyle(rect).fill); }
    for (let up = one; !back && up; up = up.parentElement) {
      const c = numbers(view.getComputedStyle(up).backgroundColor);
      if (c.length === 3 || c[3] > 0) back = c;
    }
    const a = light(numbers(svg ? style.fill : style.color)), b = light(back || [255, 255, 255]);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(one.tagName + "." + one.getAttribute("class") + " " + ratio.toFixed(2));
  }
  const root = page.documentElement, svg = page.querySelector("svg");
  const letters = svg ? 13 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 13;
  document.title = JSON.stringify({ wide: root.scrollWidth, room: root.clientWidth, bad: [...new Set(bad)],
    letters, scripts: view.document.scripts.length, height: root.scrollHeight });
};
</script>"""


@pytest.fixture(scope="module")
def chromium() -> str:
    return find_chromium()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page_has_contrast_and_fits_wide_and_narrow_screens(
    name: str, dark: bool, chromium: str, tmp_path: Path
) -> None:
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else ["--blink-settings=preferredColorScheme=1"]
    for width in (1100, 390):
        wrapper = tmp_path / f"{width}.html"
        page = (PREVIEWS / name).as_uri()
        wrapper.write_text(_WRAPPER.replace("WIDTH", str(width)).replace("PAGE", page), encoding="utf-8")
        shown = browse(
            chromium, tmp_path, *scheme, "--allow-file-access-from-files", "--dump-dom", wrapper.as_uri(),
        )  # fmt: skip
        match = re.search(r"<title>(.*?)</title>", shown)
        assert match, shown[:500]
        measured = json.loads(match[1].replace("&quot;", '"'))
        assert measured["bad"] == [], f"too little contrast at {width}: {measured['bad']}"
        assert measured["wide"] <= measured["room"], f"wider than the screen of {width}: {measured}"
        assert measured["scripts"] == 0
        assert measured["letters"] > 9, f"the picture's letters have {measured['letters']} pixels at {width}"


@pytest.mark.parametrize("name", ["create.html", "rotation.html", "injection.html", "hundred.html", "wrong.html"])
def test_page_is_drawn_dark_where_dark_is_asked_for_and_can_be_printed(
    name: str, chromium: str, tmp_path: Path
) -> None:
    page = (PREVIEWS / name).as_uri()
    brightness = []
    for scheme in ("1", "0"):
        picture = tmp_path / f"{scheme}.png"
        settings = f"--blink-settings=preferredColorScheme={scheme}"
        browse(chromium, tmp_path, settings, "--window-size=1100,900", f"--screenshot={picture}", page)
        brightness.append(_mean(picture))
    assert brightness[0] > 200 and brightness[1] < 80, brightness
    paper = tmp_path / "page.pdf"
    browse(chromium, tmp_path, f"--print-to-pdf={paper}", page)
    assert paper.read_bytes().startswith(b"%PDF") and paper.stat().st_size > 5_000


def _mean(picture: Path) -> float:
    """Return the mean brightness of a PNG, 0 to 255."""
    data = picture.read_bytes()
    width, height, depth, colours = struct.unpack(">IIBB", data[16:26])
    channels = {2: 3, 6: 4}[colours]
    assert depth == 8 and width and height
    body, place = b"", 8
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        if data[place + 4 : place + 8] == b"IDAT":
            body += data[place + 8 : place + 8 + length]
        place += 12 + length
    raw, stride = zlib.decompress(body), width * channels
    total, before = 0, bytearray(stride)
    for row in range(height):
        kind, line = raw[row * (stride + 1)], bytearray(raw[row * (stride + 1) + 1 : (row + 1) * (stride + 1)])
        for at in range(stride):
            left = line[at - channels] if at >= channels else 0
            up, corner = before[at], before[at - channels] if at >= channels else 0
            if kind == 4:
                guess = left + up - corner
                near = min((left, up, corner), key=lambda value: abs(guess - value))
            else:
                near = (0, left, up, (left + up) // 2)[kind]
            line[at] = (line[at] + near) & 255
        before = line
        total += sum(line[0::channels])
    return float(total / (width * height))
