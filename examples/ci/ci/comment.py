"""Writes a report as a comment on a pull or merge request: the one that it wrote before is changed, not repeated.

    python ci/comment.py comment.md

GitHub: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, PULL_REQUEST (its number).
GitLab: CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID, GITLAB_TOKEN (a project access token with scope api).
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

PAGE = 100


def main() -> int:
    """Create or change the comment."""
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    marker = text.partition("\n")[0]
    on_gitlab = bool(os.environ.get("CI_API_V4_URL"))
    try:
        listing, one, method = _gitlab() if on_gitlab else _github()
        mine = _find(listing, marker)
        if mine is None:
            _call("POST", listing, {"body": text})
        else:
            _call(method, one.format(id=mine), {"body": text})
    except KeyError as error:
        sys.exit(f"comment.py: {error.args[0]} is not set")
    except urllib.error.URLError as error:
        # its text has the address and the code, never the token
        sys.exit(f"comment.py: {error}")
    print("comment created" if mine is None else "comment changed")
    return 0


def _github() -> tuple[str, str, str]:
    base = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/issues"
    return f"{base}/{os.environ['PULL_REQUEST']}/comments", base + "/comments/{id}", "PATCH"


def _gitlab() -> tuple[str, str, str]:
    base = f"{os.environ['CI_API_V4_URL']}/projects/{os.environ['CI_PROJECT_ID']}"
    notes = f"{base}/merge_requests/{os.environ['CI_MERGE_REQUEST_IID']}/notes"
    return notes, notes + "/{id}", "PUT"


def _find(listing: str, marker: str) -> int | None:
    page = 1
    while True:
        found = _call("GET", f"{listing}?per_page={PAGE}&page={page}")
        for entry in found:
            if str(entry["body"]).startswith(marker):
                return int(entry["id"])
        if len(found) < PAGE:
            return None
        page += 1


def _call(method: str, url: str, body: dict[str, str] | None = None) -> Any:
    headers = {"Content-Type": "application/json"}
    if os.environ.get("CI_API_V4_URL"):
        headers["PRIVATE-TOKEN"] = os.environ["GITLAB_TOKEN"]
    else:
        headers["Authorization"] = f"Bearer {os.environ['GITHUB_TOKEN']}"
        headers["Accept"] = "application/vnd.github+json"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
