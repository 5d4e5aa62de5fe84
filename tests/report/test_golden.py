"""Reports of recorded previews: their very bytes, what a parser of Markdown sees in them, what must not be there."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser

import pytest

from swarm_provider.report.markdown import markdown, marker
from tests.report.golden import PREVIEWS, RECORDED, made, rendered
from tests.report.reading_back import parser, restarts
from tests.report.scenarios import CANARY, SCENARIOS

_VOID = {"meta", "br", "hr", "img", "input", "link"}


def page_of(name: str) -> str:
    return next(text for path, text in rendered(name).items() if path.suffix == ".html")


def test_recorded_previews_are_those_of_the_scenarios() -> None:
    assert {name.split(".")[0] for name in RECORDED} == set(SCENARIOS)
    assert len(SCENARIOS) >= 12


@pytest.mark.parametrize("name", RECORDED)
def test_report_is_its_golden_files_byte_by_byte(name: str) -> None:
    for path, text in rendered(name).items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name} is out of date: look at what changed, then python -m tests.record_previews --render"
        )


def test_message_has_code_between_backticks_and_no_bullets_of_pulumi() -> None:
    comment = markdown(made("retry.json"))
    assert "did not converge; `up` " in comment and "did not converge; <code>up</code> " in page_of("retry.json")
    assert "Refreshed resource" not in comment + page_of("retry.json")


@pytest.mark.parametrize("name", RECORDED)
def test_comment_begins_with_its_marker_and_keeps_the_limit(name: str) -> None:
    report = made(name)
    for limit in (65_536, 8_000, 2_000):
        text = markdown(report, limit=limit)
        assert text.startswith(f"{marker(report)}\n")
        assert len(text.encode("utf-16-le")) // 2 <= limit


@pytest.mark.parametrize("name", RECORDED)
def test_comment_has_no_html_but_folds_code_and_its_marker(name: str) -> None:
    allowed = re.compile(r"</?details>|</?summary>|</?code>|<!-- -->|<!-- swarm-provider report [\w/.-]+ -->")
    for token in _flat(parser().parse(markdown(made(name)))):
        if token.type in ("html_block", "html_inline"):
            rest = allowed.sub("", token.content)
            assert "<" not in rest and ">" not in rest, token.content
        assert token.type not in ("link_open", "image", "heading_open") or token.tag == "h3", token
        if token.type == "text":
            assert not re.search(r"(?<![\w/])@\w", token.content), f"somebody is called by name: {token.content}"


@pytest.mark.parametrize("name", RECORDED)
def test_comment_folds_what_it_opens(name: str) -> None:
    for limit in (65_536, 20_000, 3_000):
        text = re.sub(r"^(`{3,})diff\n.*?^\1$", "", markdown(made(name), limit=limit), flags=re.DOTALL | re.MULTILINE)
        assert text.count("<details>") == text.count("</details>") == text.count("<summary>")


@pytest.mark.parametrize("name", RECORDED)
def test_report_has_no_secret(name: str) -> None:
    for text in rendered(name).values():
        assert CANARY not in text


@pytest.mark.parametrize("name", RECORDED)
def test_page_is_well_formed_and_loads_and_runs_nothing(name: str) -> None:
    text = page_of(name)
    found = _Elements()
    found.feed(text)
    assert not found.open, found.open
    assert {"script", "img", "iframe", "object", "link", "base", "form"}.isdisjoint(found.seen)
    assert not [
        attribute for attribute in found.attributes if attribute.startswith("on") or attribute in ("src", "href")
    ]
    assert "default-src 'none'" in text


@pytest.mark.parametrize("name", RECORDED)
def test_page_has_the_basics_of_accessibility(name: str) -> None:
    text = page_of(name)
    assert '<html lang="en">' in text
    assert re.search(r"<title>[^<]+</title>", text)
    levels = [int(level) for level in re.findall(r"<h(\d)[ >]", text)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert text.count("<th ") == len(re.findall(r'<th scope="(?:col|row)" role="(?:column|row)header">', text))
    for drawing in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        assert 'role="img"' in drawing and 'aria-labelledby="picture-title picture-desc"' in drawing
        assert '<title id="picture-title">' in drawing and '<desc id="picture-desc">' in drawing
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["wrong.json", "wrong.jsonl", "unreachable.json"])
def test_page_of_a_failed_preview_draws_nothing_as_if_it_stayed(name: str) -> None:
    assert made(name).failed
    assert "<svg" not in page_of(name) and "not touched" not in page_of(name)


def test_legend_explains_the_marks_that_occur_and_no_others() -> None:
    assert "adopted</li>" in page_of("adoption.json") and "removed</li>" not in page_of("adoption.json")
    assert "not managed by this program</li>" in page_of("warnings.json")
    assert "not managed by this program</li>" not in page_of("create.json")


@pytest.mark.parametrize("name", [name for name in RECORDED if name.endswith(".jsonl")])
def test_digest_and_stream_of_one_preview_promise_the_same(name: str) -> None:
    stream, digest = (restarts(markdown(made(one))) for one in (name, name.removesuffix("l")))
    assert stream == digest


@pytest.mark.parametrize("name", RECORDED)
def test_reading_back_the_comment_gives_what_the_report_foretells(name: str) -> None:
    report = made(name)
    read = restarts(markdown(report))
    for outlook in report.outlooks:
        if outlook.op == "same":
            assert outlook.service not in read
            continue
        told = read[outlook.service]
        if outlook.job:
            continue
        assert (told.restarts, told.tasks) == (outlook.restarts, outlook.tasks)
        assert not outlook.restarts or told.reasons == outlook.reasons


def test_golden_files_are_all_rendered_by_somebody() -> None:
    written = {path for name in RECORDED for path in rendered(name)}
    assert {path for path in PREVIEWS.iterdir() if path.suffix in (".md", ".html")} == written


def _flat(tokens: object) -> list:  # type: ignore[type-arg]
    found = []
    for token in tokens:  # type: ignore[attr-defined]
        found.append(token)
        found += _flat(token.children or [])
    return found


class _Elements(HTMLParser):
    """Checks that elements nest, and collects them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, tag
