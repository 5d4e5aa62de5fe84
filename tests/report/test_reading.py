"""What Pulumi prints, in every form: digests, streams, damaged ones; and values that must not come out again."""

from __future__ import annotations

import json
import re
from html import unescape as html_of
from typing import Any

import pytest

from swarm_provider.errors import InputError
from swarm_provider.plan.change.sentences import Eviction, describe
from swarm_provider.report.html import html
from swarm_provider.report.markdown import LIMIT, code, markdown, text
from swarm_provider.report.page import page
from swarm_provider.report.reading import read
from tests.report.reading_back import Told, codes, parser, restarts, tables

SIG = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
Json = dict[str, Any]
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
URN = "urn:pulumi:prod::shop::swarm:index:{}::{}"


def step(
    op: str, kind: str, name: str, old: Any = None, new: Any = None, paths: tuple[str, ...] = ()
) -> dict[str, Any]:
    found: dict[str, Any] = {"op": op, "urn": URN.format(kind, name)}
    for key, inputs in (("oldState", old), ("newState", new)):
        if inputs is not None:
            found[key] = {"type": f"swarm:index:{kind}", "inputs": inputs}
    return {**found, "detailedDiff": {path: {"kind": "update"} for path in paths}}


def digest(*steps: dict[str, Any], diagnostics: tuple[dict[str, str], ...] = ()) -> str:
    return json.dumps({"steps": steps, "diagnostics": diagnostics, "changeSummary": {}})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "the preview is empty"),
        ("  \n", "the preview is empty"),
        ("Previewing update (dev):\n", "this is not Pulumi's JSON"),
        ('{"a": 1}', "it has no steps"),
        ("[1, 2]", "this is not Pulumi's JSON"),
        ('{"steps": [', "this is not Pulumi's JSON"),
    ],
)
def test_input_of_another_kind_is_refused_in_one_line(given: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(given)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_secret_shown_in_plain_is_masked_wherever_it_stands() -> None:
    old = {"name": "web", "image": "bb:1", "environment": {"A": {**SIG, "plaintext": '"hunter2hunter2"'}, "B": "x"}}
    new = {**old, "environment": {"A": {**SIG, "value": "swordfish99"}, "B": "say swordfish99"}}
    note = {"severity": "warning", "urn": "", "message": "it is hunter2hunter2"}
    made = page(read(digest(step("update", "Service", "web", old, new, ("environment.A", "environment.B")),
                            diagnostics=(note,))))  # fmt: skip
    for shown in (markdown(made), html(made)):
        assert "hunter2" not in shown and "swordfish" not in shown
        assert "environment.A" in shown and "[secret]" in shown


def test_stream_is_read_whose_values_hold_other_ends_of_lines() -> None:
    new = {"name": "web", "image": "bb:1", "environment": {"A": "one\u2028two\x85three"}}
    metadata = {"op": "create", "urn": URN.format("Service", "web"), "type": "swarm:index:Service"}
    events = [
        {"resourcePreEvent": {"planning": True, "metadata": {**metadata, "new": {"inputs": new}}}},
        {"otherEvent": {}},
    ]
    stream = "\n".join(json.dumps(event, ensure_ascii=False) for event in events)
    assert [step.new for step in read(stream).steps] == [new]


def test_content_of_a_secret_is_masked_by_what_the_resource_is() -> None:
    # --show-secrets writes it as if it were any text
    old, new = ({"baseName": "pw", "data": text, "key": "k" * 32} for text in ("first-value", "second-value"))
    made = page(read(digest(step("update", "Secret", "pw", old, new, ("data",)))))
    for shown in (markdown(made), html(made)):
        assert "first-value" not in shown and "second-value" not in shown and "kkkk" not in shown


def test_config_and_variable_that_look_like_credentials_are_not_shown() -> None:
    config = {"baseName": "app", "name": "app-1", "data": "user = me\npassword = tr0ub4dor\n"}
    service = {
        "name": "web",
        "image": "bb:1",
        "environment": {"DB_PASSWORD": "tr0ub4dor", "URL": "pg://me:tr0ub4dor@db"},
    }
    made = page(
        read(digest(step("create", "Config", "app", None, config), step("create", "Service", "web", None, service)))
    )
    for shown in (markdown(made), html(made)):
        assert "tr0ub4dor" not in shown
        assert "looks like a credential" in shown and "seems to contain a credential" in shown


def test_value_that_is_not_known_yet_says_so() -> None:
    new = {"name": "web", "image": UNKNOWN, "environment": {"ADDRESS": UNKNOWN}}
    made = page(read(digest(step("create", "Service", "web", None, new))))
    assert "(known after the update)" in markdown(made)
    assert UNKNOWN not in markdown(made) + html(made)


def test_resource_of_another_package_stands_in_the_list() -> None:
    entry = {
        "op": "update",
        "urn": "urn:pulumi:prod::shop::random:index/randomId:RandomId::id",
        "oldState": {"type": "random:index/randomId:RandomId", "inputs": {"byteLength": 4}},
        "newState": {"type": "random:index/randomId:RandomId", "inputs": {"byteLength": 8}},
        "detailedDiff": {"byteLength": {"kind": "update"}},
    }
    shown = markdown(page(read(digest(entry))))
    assert "random:index/randomId:RandomId `id`" in shown.replace("\\", "")
    assert "byteLength" in shown


def test_tasks_that_a_change_of_nodes_drives_away_stand_in_the_table() -> None:
    note = {
        "severity": "info",
        "urn": URN.format("Node", "two"),
        "message": describe(Eviction("draining node2", {"db": 1, "web": 2})),
    }
    old, new = ({"node": "node2", "availability": word} for word in ("active", "drain"))
    inputs = {"name": "web", "image": "bb:1"}
    steps = step("update", "Node", "two", old, new, ("availability",)), step("same", "Service", "web", inputs, inputs)
    made = page(read(digest(*steps, diagnostics=(note,))))
    assert restarts(markdown(made)) == {
        "db": Told(True, 1, ("draining node2",)),
        "web": Told(True, 2, ("draining node2",)),
    }
    assert "3 tasks restart in 2 services" in markdown(made)
    assert "node2" in html(made)


def test_owner_is_shown_where_a_pulumi_stack_was_renamed_and_nowhere_else() -> None:
    old = {"name": "web", "image": "bb:1", "owner": "shop/dev"}
    renamed = markdown(
        page(read(digest(step("update", "Service", "web", old, {**old, "owner": "shop/prod"}, ("owner",)))))
    )
    assert "shop/dev" in renamed and "shop/prod" in renamed
    unowned = {key: value for key, value in old.items() if key != "owner"}
    made = markdown(page(read(digest(step("update", "Service", "web", unowned, old, ("owner",))))))
    assert "shop/dev" not in made


def test_nothing_in_the_program_is_no_changes() -> None:
    made = page(read(digest()))
    assert not made.changes and "no changes" in markdown(made)
    assert "<svg" not in html(made)


def test_comment_that_is_too_long_is_cut_and_says_so() -> None:
    content = "".join(f"line {number} {'x' * 80}\n" for number in range(2000))
    configs = [
        step("create", "Config", f"c{number}", None, {"baseName": f"c{number}", "data": content})
        for number in range(30)
    ]
    made = page(read(digest(*configs)))
    shown = markdown(made)
    assert len(shown) <= LIMIT and "the HTML page has everything" in shown
    assert len(html(made)) > LIMIT


def test_comment_with_a_thousand_services_keeps_those_that_restart() -> None:
    def one(number: int) -> Json:
        inputs = {"name": f"service-{number:04}", "image": "bb:1", "deploy": {"replicas": 2}}
        return step("update", "Service", inputs["name"], inputs, {**inputs, "image": "bb:2"}, ("image",))  # type: ignore[arg-type]

    notice = {
        "severity": "info",
        "urn": URN.format("Service", "service-0999"),
        "message": "2 tasks of service-0999 restart one at a time because image changes; capacity drops to 50%",
    }
    shown = markdown(page(read(digest(*map(one, range(1000)), diagnostics=(notice,)))))
    assert len(shown) <= LIMIT
    assert restarts(shown)["service-0999"].tasks == 2
    assert "more services, which are left out here" in shown


@pytest.mark.parametrize(
    "value",
    [
        "a|b",
        "`tick`",
        "``",
        "\\|",
        "a\\",
        "<b>",
        "&amp;",
        " spaces ",
        "@org/team",
        "a\nb",
        "**b**",
        "[x](y)",
        "한국어",
        "\u202eevil",
    ],
)
def test_value_stands_in_a_table_as_it_is(value: str) -> None:
    row = f"| {code(value)} | {text(value)} |"
    ((_, [[as_code, as_text]]),) = tables(f"| a | b |\n| --- | --- |\n{row}\n")
    expected = value.replace("\n", "\\n").replace("\u202e", "\\u202e")
    assert codes(as_code) == [expected]
    shown = "".join(child.content for child in as_text.children or () if not child.content.startswith("<!--"))
    assert shown.strip() == expected.strip()


@pytest.mark.parametrize(
    "link",
    [
        "https://a.example/x?y=1",
        "ftp://a.example",
        "www.a.example",
        "mailto:a@b.example",
        "a@b.example",
        "@alice",
        "@org/team",
        "#12",
        "org/repo#12",
        "GH-12",
        "ABC-3",
        "!5",
        "group/project!5",
        "$5",
        "&5",
        "%5",
        '%"sprint"',
        "~bug",
        "0123456789abcdef0123456789abcdef01234567",
        "abcdef1",
        "org/repo@abcdef1",
        ":tada:",
    ],
)
def test_text_of_others_becomes_no_link_and_calls_nobody(link: str) -> None:
    note = {"severity": "warning", "urn": "", "message": f"it says {link}, or ({link}) and {link}"}
    service = {"name": link, "image": "bb:1", "environment": {"A": link}}
    shown = markdown(page(read(digest(step("create", "Service", "web", None, service), diagnostics=(note,)))))
    # forges make links of what is text in the rendered page, and leave code alone
    rendered = re.sub(r"<!--.*?-->", "", parser().render(shown))
    assert link in html_of(re.sub(r"<[^>]+>", "", rendered))
    assert link not in html_of(re.sub(r"<[^>]+>", "", re.sub(r"<code>.*?</code>", "", rendered, flags=re.DOTALL)))


def test_words_that_are_no_links_stay_words() -> None:
    plain = "capacity 50% of 3, UTF-8 and SHA-256: a-1 = b:c:d, std::x at node-2 + 10.0.0.1"
    assert "`" not in text(plain) and "<code>" not in text(plain)


@pytest.mark.parametrize("line", ["1. one", "- one", "+ one", "=== one", ": one", "12) one"])
def test_text_begins_no_list(line: str) -> None:
    rendered = parser().render(f"- {text(line)}\n")
    assert html_of(rendered) == f"<ul>\n<li>{line}</li>\n</ul>\n"


def test_report_that_a_pipeline_prints_commands_nothing() -> None:
    data = "::error::no\n  ::add-mask::x\n##[group]x\n##vso[task.complete]x\n"
    old, new = ({"baseName": "c", "name": f"c-{number}", "data": f"{data}{number}\n"} for number in (1, 2))
    note = {"severity": "warning", "urn": "", "message": "<{%reset%}>it says\n::error::no ##[error]x<{%reset%}>"}
    made = page(read(digest(step("update", "Config", "c", old, new, ("data",)), diagnostics=(note,))))
    for shown in (markdown(made), html(made)):
        assert "error" in shown and "{%" not in shown
        assert not re.search(r"^[\s+-]*::|##\[|##vso\[", shown, re.MULTILINE)


def test_fence_cannot_be_closed_from_within() -> None:
    new = {"baseName": "c", "data": "```\n````\n</details>\n"}
    tokens = parser().parse(markdown(page(read(digest(step("create", "Config", "c", None, new))))))
    (fence,) = [token for token in tokens if token.type == "fence"]
    assert fence.content == "@@ -0,0 +1,3 @@\n+```\n+````\n+</details>\n"


def test_warning_of_a_digest_is_read_without_pulumis_own_word() -> None:
    warning = {"urn": "", "message": "warning: the service is replaced\n", "severity": "warning"}
    (note,) = read(json.dumps({"steps": [], "diagnostics": [warning]})).notes
    assert (note.severity, note.text) == ("warning", "the service is replaced")


def test_move_to_another_swarm_says_what_starts_there_and_stops_here() -> None:
    service = {"name": "web", "image": "bb:1", "deploy": {"mode": "replicated", "replicas": 3}}
    config = {"name": "app-1", "baseName": "app", "data": "x"}
    steps = [
        step("replace", kind, name, inputs, inputs, ("provider",))
        for kind, name, inputs in (
            ("Service", "web", service),
            ("Config", "app", config),
            ("Volume", "data", {"name": "data"}),
            ("Network", "net", {"name": "net"}),
        )
    ]
    shown = page(read(digest(*steps)))
    assert shown.total == "No running task restarts, 3 tasks start, 3 tasks stop, no data volume touched."
    assert [(row.tasks, row.why) for row in shown.services] == [
        ("3 tasks start on the other swarm, and then as many stop here", "it moves to another swarm")
    ]
    assert {row.name: row.what for row in shown.objects} == {
        "app": "it moves to another swarm",
        "data": "it moves to another swarm; the data stays",
        "net": "it moves to another swarm",
    }
    assert not shown.details and not shown.contents
    assert "secret" not in markdown(shown)


def replacing(*, made: bool, said: bool = True) -> str:
    """A digest of a service and a network that Pulumi is asked to replace; one without `made` removes them first."""
    steps, notes = [], []
    for kind in ("Service", "Network"):
        one = step("replace", kind, "web", {"name": "web"}, {"name": "web"})
        one["newState"]["outputs"] = {"name": "web"} if made else {}
        steps.append(one)
        more = "; no task of web restarts" if kind == "Service" else ""
        text = f"it stays as it is unless delete_before_replace=True is set, which recreates it{more}"
        notes.append({"severity": "info", "urn": one["urn"], "message": text})
    return digest(*steps, diagnostics=tuple(notes) if said else ())


def test_replacement_that_takes_over_what_is_there_is_told_as_that() -> None:
    comment = markdown(page(read(replacing(made=True))))
    assert "2 adopted" in comment and "No running task restarts" in comment
    assert "replaced" not in comment
    assert "| `web` adopted | no task restarts |" in comment


def test_replacement_that_removes_first_is_told_as_that_whatever_the_plugin_could_not_know() -> None:
    comment = markdown(page(read(replacing(made=False))))
    assert "2 replaced" in comment
    assert "**1 task restarts**; the service is down from the first stop until the new tasks run" in comment
    assert comment.count("it is deleted, then created again") == 2
    assert "unless delete" not in html_of(comment).replace("\\", "")
