"""`.env` files and env files in the compose-spec's format: quotes, comments after a value, escapes, `${VAR}`.

`envfile.py` reads the docker CLI's own format, which knows none of these.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import Any, Final

from swarm_provider.compose.common.raw_env_file import EnvFileError
from swarm_provider.compose.common.substitution import Environment, Wrong
from swarm_provider.compose.spec.interpolation import substitute
from swarm_provider.compose.yaml.tree import SourceLocation

_BLANK: Final = "\t\v\f\r \x85\xa0"
_EXPORT: Final = re.compile(r"export\s+")
_KEY: Final = re.compile(rf"(?P<key>(?:[\w.\-\[\]]|[{_BLANK}])*)(?P<sign>[=:\n]|$)")
_ESCAPE: Final = re.compile(r'\\(?:[abcfnrtv$"\\]|0\d{0,3})', re.ASCII)
_ESCAPES: Final = {
    **dict(zip("abfnrtv", "\a\b\f\n\r\t\v", strict=True)),
    # a dollar that the substitution leaves alone
    "$": "$$",
    '"': '"',
    "\\": "\\",
}


def read_dotenv(data: bytes, environment: Environment, at: SourceLocation) -> dict[str, Any]:
    """Read an env file in the compose-spec's format; a bare `KEY` is taken from the environment, if it is there.

    Variables of the environment win over those of the lines above.

    Args:
        data: the file's bytes.
        environment: the variables.
        at: the place in the file, which collects problems.

    Raises:
        EnvFileError: a line is not `KEY=value`, a quote is not closed, or the file is not UTF-8.
    """
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        raise EnvFileError("it is not UTF-8") from None
    return _Reader(text, environment, at).read()


@dataclass
class _Reader:
    text: str
    environment: Environment
    at: SourceLocation
    position: int = 0
    result: dict[str, Any] = field(default_factory=dict)

    def read(self) -> dict[str, Any]:
        while self._to_statement():
            exported = _EXPORT.match(self.text, self.position)
            if exported:
                self.position = exported.end()
            match = _KEY.match(self.text, self.position)
            key = match["key"].strip() if match else ""
            if match is None or not key:
                raise EnvFileError(f"line {self._line()} is not of the form KEY=value")
            if any(blank in key for blank in _BLANK):
                raise EnvFileError(f"line {self._line()}: the name before the value contains whitespace")
            self.position = match.end()
            if match["sign"] in ("=", ":"):
                self.result[key] = self._value()
            else:
                found, there = self.environment.look_up(key)
                if there:
                    self.result[key] = found
        return self.result

    def _line(self) -> int:
        return self.text.count("\n", 0, self.position) + 1

    def _to_statement(self) -> bool:
        """Go over blank lines and comments; says whether there is more."""
        while self.position < len(self.text):
            if self.text[self.position].isspace():
                self.position += 1
            elif self.text[self.position] == "#":
                self.position = self._end_of_line()
            else:
                return True
        return False

    def _end_of_line(self) -> int:
        end = self.text.find("\n", self.position)
        return end if end >= 0 else len(self.text)

    def _value(self) -> Any:
        while self.position < len(self.text) and self.text[self.position] in _BLANK:
            self.position += 1
        quote = self.text[self.position : self.position + 1]
        if quote and quote in "'\"":
            written = self._quoted(quote)
            return written if quote == "'" else self._expanded(_ESCAPE.sub(_unescaped, written))
        line = self.text[self.position : self._end_of_line()]
        value = self._expanded(line.partition(" #")[0].rstrip())
        self.position = self._end_of_line()
        return value

    def _quoted(self, quote: str) -> str:
        """Read up to the closing quote, and go behind it; only the quote itself is unescaped."""
        chars: list[str] = []
        position = self.position + 1
        while position < len(self.text):
            char = self.text[position]
            if char == quote:
                self.position = position + 1
                return "".join(chars)
            if char == "\\" and position + 1 < len(self.text):
                position += 1
                char = quote if self.text[position] == quote else "\\" + self.text[position]
            chars.append(char)
            position += 1
        raise EnvFileError(f"line {self._line()}: the quote is not closed")

    def _expanded(self, value: str) -> Any:
        try:
            known = Environment({**self.result, **self.environment.values}, self.environment.used)
            return substitute(value, known, self.at)
        except Wrong as error:
            raise EnvFileError(f"line {self._line()}: {error.briefly}") from None


def _unescaped(match: re.Match[str]) -> str:
    word = match[0][1:]
    if word[0] != "0":
        return _ESCAPES.get(word, match[0])
    return chr(int(word[1:], 8)) if re.fullmatch("0[0-3][0-7]{2}", word) else match[0]
