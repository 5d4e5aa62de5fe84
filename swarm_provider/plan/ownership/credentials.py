"""What looks like a credential in a string that Swarm keeps in plain: advice, never an error.

It looks for the words that people give to credentials, beside a value that is not empty, not a placeholder and not a
path to a file; and for private keys.
"""

from __future__ import annotations

import re
from typing import Final

_SIGNS: Final = ("pass", "secret", "key", "token", "credential", "://")
"""Without one of them there is no credential: most files of a stack are looked at no closer."""
_KEY: Final = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")
# each pattern starts at the beginning of a word only: a line without spaces may be a megabyte long
_ASSIGNED: Final = re.compile(
    r"""["']?(?<![A-Za-z0-9_.-])(?P<name>[A-Za-z0-9_.-]*(?:password|passwd|secret[_-]?key|api[_-]?key|access[_-]?key|token|credential)s?)["']?
        \s*[:=]\s*["']?(?P<value>[^\s"',;}#]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_URL: Final = re.compile(r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://[^\s/:@]+:(?P<value>[^\s/@]+)@", re.IGNORECASE)
_HARMLESS: Final = re.compile(
    r"(?:\$\{?.*|\{\{.*|<.*|\*+|x+|/.*|\./.*|null|none|true|false|yes|no|\d|change-?me|example|todo)", re.IGNORECASE
)


def looks_like_credential(text: str) -> str | None:
    """Return what in the text looks like a credential (a name and its line, never the value), or None."""
    folded = text.casefold()
    if not any(sign in folded for sign in _SIGNS):
        return None
    for number, line in enumerate(text.splitlines(), 1):
        if _KEY.search(line):
            return f"a private key (line {number})"
        for match in _ASSIGNED.finditer(line):
            if not _HARMLESS.fullmatch(match["value"]) and not match["name"].lower().endswith(("_file", "-file")):
                return f"{match['name']!r} (line {number})"
        for match in _URL.finditer(line):
            if not _HARMLESS.fullmatch(match["value"]):
                return f"a password in a URL (line {number})"
    return None
