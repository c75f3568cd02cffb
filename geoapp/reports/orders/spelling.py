"""A pasted text in one spelling, with the way back: every letter knows where in the original it came from."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_DASHES = frozenset("‐‑‒–—―−﹣－")


@dataclass(frozen=True, slots=True)
class Plain:
    """``text`` is half-width, without invisible signs; ``origin[i]`` is where its i-th letter stands in ``source``."""

    source: str
    text: str
    origin: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of ``text`` stands in the original."""
        if start >= end:
            at = self.origin[start] if start < len(self.origin) else len(self.source)
            return at, at
        return self.origin[start], self.origin[end - 1] + 1


def spelled(source: str) -> Plain:
    """The text in one spelling.

    Full-width letters, digits and signs become half-width, every dash a hyphen, every space a blank; NUL and other
    invisible signs go. Tabs and line ends stay, for they part fields.

    Examples
    --------
    >>> plain = spelled("工单号：２０２６—１\\u200b")
    >>> plain.text, plain.span(4, 10)
    ('工单号:2026-1', (4, 10))
    """
    letters: list[str] = []
    origin: list[int] = []
    for at, letter in enumerate(source):
        plain = _one(letter)
        if letter == "\r":
            plain = "" if source[at + 1 : at + 2] == "\n" else "\n"
        letters.append(plain)
        origin += [at] * len(plain)
    return Plain(source, "".join(letters), tuple(origin))


def _one(letter: str) -> str:
    if letter.isalnum() and letter < "\uff00":
        # ① stays what it is: as a 1 it would look like the number of a house.
        return letter
    if letter in _DASHES:
        return "-"
    if letter in "\t\n":
        return letter
    kind = unicodedata.category(letter)
    if kind in {"Cc", "Cf", "Cs", "Co", "Cn"}:
        return ""
    if kind == "Zs":
        return " "
    if kind in {"Zl", "Zp"}:
        return "\n"
    wide = "\uff00" <= letter <= "\uffef" or "\ufe50" <= letter <= "\ufe6f"
    return unicodedata.normalize("NFKC", letter) if wide else letter
