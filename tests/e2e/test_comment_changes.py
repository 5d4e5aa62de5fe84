"""A config of which only a comment or a quote changes: the preview shows the lines, not two walls of text."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory

pytestmark = pytest.mark.e2e

PROGRAM = """
    import pulumi
    import swarm_provider as swarm
    swarm.Config("{name}", file="c.yml", advice=[])
    swarm.Config("{name}-s", data=pulumi.Output.secret("# tr0ub4dor {word}\\na: 1\\n"))
"""
LINES = "".join(f"  - job_name: job{number}\n    port: {number}\n" for number in range(40))


def test_comment_and_quote_that_change_are_shown_as_lines(project: ProjectFactory, unique: str) -> None:
    app = project(PROGRAM.format(name=unique, word="one"))
    app.write("c.yml", f"# scrape jobs\nscrape_configs:\n{LINES}")
    app.up().assert_ok()
    app.write("c.yml", f"# scrape jobs of team x\nscrape_configs:\n{LINES.replace('job7', repr('job7'))}")
    app.program(PROGRAM.format(name=unique, word="two"))
    preview = app.preview(diff=True).assert_ok()
    shown = [line.strip() for line in preview.output.splitlines()]
    assert "these lines change, but the data is the same:" in shown
    for line in (
        "- 1: # scrape jobs",
        "+ 1: # scrape jobs of team x",
        "- 17:   - job_name: job7",
        "+ 17:   - job_name: 'job7'",
    ):
        assert line in shown, line
    assert "tr0ub4dor" not in preview.output
    app.destroy().assert_ok()
