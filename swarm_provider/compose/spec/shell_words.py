"""A command's text -> its words, as go-shellwords splits it, which compose-go uses.

Unlike docker's splitting (`model.types.short_forms.split_words`) it has no comments, and an operator of the shell ends
it.
"""

from __future__ import annotations

from typing import Final

_BLANKS: Final = " \t\r\n"
_OPERATORS: Final = ";&|<>"


def split(text: str) -> tuple[list[str], str]:
    """Return the words, and the operator that ends them although more follows, or "".

    Raises:
        ValueError: a quote, a backtick or a parenthesis is not closed, or the text ends with a backslash.
    """
    reader = _Reader()
    for letter in text:
        if reader.ended_by(letter):
            break
    return reader.words(text), reader.operator


class _Reader:
    """A reader, letter by letter; `closing` is what ends the quotes that it is in, or ""."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.word = ""
        self.begun = False
        self.escaped = False
        self.quote = ""
        self.backtick = False
        self.substitution = False
        self.operator = ""
        self.broken = False

    def ended_by(self, letter: str) -> bool:
        """Take one letter; say whether nothing after it counts."""
        if self.escaped:
            self.escaped = False
            self._add(letter)
        elif letter == "\\" and self.quote != "'":
            self.escaped = True
        elif letter in _BLANKS:
            self._blank(letter)
        elif letter in "\"'":
            self._quote(letter)
        elif letter in "()":
            self._parenthesis(letter)
        elif letter in _OPERATORS and not (self.quote or self.backtick or self.substitution):
            # `2>` is one operator to a shell, and go-shellwords takes every word that begins with a digit for one
            self.begun = self.begun and not (letter == ">" and self.word[:1].isdigit() and self.word[:1].isascii())
            self.operator = letter
        else:
            if letter == "`" and not self.quote and not self.substitution:
                self.backtick = not self.backtick
            self._add(letter)
        return bool(self.operator) or self.broken

    def words(self, text: str) -> list[str]:
        if self.escaped or self.quote or self.backtick or self.substitution or self.broken:
            why = "it ends with a backslash" if self.escaped else "a quote, a backtick or a parenthesis is not closed"
            raise ValueError(f"{text!r} is not a valid command line: {why}")
        return [*self.found, self.word] if self.begun else self.found

    def _add(self, letter: str) -> None:
        self.word, self.begun = self.word + letter, True

    def _blank(self, letter: str) -> None:
        if self.quote or self.backtick or self.substitution:
            self.word += letter
        elif self.begun:
            self.found.append(self.word)
            self.word, self.begun = "", False

    def _quote(self, letter: str) -> None:
        if self.substitution or self.quote not in ("", letter):
            self._add(letter)
        elif self.quote:
            self.quote, self.begun = "", True
        else:
            self.quote = letter

    def _parenthesis(self, letter: str) -> None:
        if self.quote or self.backtick:
            self._add(letter)
        elif letter == ")":
            # one that nothing has opened opens one here
            self.substitution = not self.substitution
            self._add(letter)
        elif not self.substitution and self.word.endswith("$"):
            self.substitution = True
            self.word += letter
        else:
            self.broken = True
