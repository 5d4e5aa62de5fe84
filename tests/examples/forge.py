"""Stands in for a forge's comments, which no machine of ours has: GitHub's and GitLab's addresses, in memory."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_LIST = re.compile(r"/(?:repos/org/infra/issues/7/comments|projects/7/merge_requests/7/notes)")
_ONE = re.compile(r"/(?:repos/org/infra/issues/comments|projects/7/merge_requests/7/notes)/(\d+)")


class Forge:
    """The comments of one pull request, by id; `calls` are the methods in order."""

    def __init__(self) -> None:
        self.url = ""
        self.token = "forge-t0ken-Vb3"
        self.comments: dict[int, str] = {number: f"somebody says {number}" for number in range(1, 131)}
        self.calls: list[str] = []

    @property
    def ours(self) -> list[str]:
        return [text for text in self.comments.values() if text.startswith("<!-- swarm-provider report ")]

    def answer(self, method: str, path: str, query: str, body: Any) -> tuple[int, Any]:
        self.calls.append(method)
        if method == "GET" and _LIST.fullmatch(path):
            pages = dict(part.split("=") for part in query.split("&"))
            size, page = int(pages["per_page"]), int(pages["page"])
            entries = [{"id": key, "body": text} for key, text in self.comments.items()]
            return 200, entries[(page - 1) * size : page * size]
        if method == "POST" and _LIST.fullmatch(path):
            self.comments[max(self.comments) + 1] = body["body"]
            return 201, {}
        if method in ("PATCH", "PUT") and (match := _ONE.fullmatch(path)) and int(match[1]) in self.comments:
            self.comments[int(match[1])] = body["body"]
            return 200, {}
        return 404, {}


@contextmanager
def forge() -> Iterator[Forge]:
    """Serve on a port of the loopback."""
    state = Forge()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            path, _, query = self.path.partition("?")
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            tokens = (self.headers.get("Authorization"), self.headers.get("PRIVATE-TOKEN"))
            known = tokens in ((f"Bearer {state.token}", None), (None, state.token))
            code, answer = state.answer(self.command, path, query, body) if known else (401, {})
            data = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = _any  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the test's stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
