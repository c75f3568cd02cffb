"""Words as people type them, and as they are kept."""

from __future__ import annotations

import re

from geoapp.errors import Invalid

#: As many letters as Open311 lets a client send.
LONGEST_TEXT = 4000


class TextTooLong(Invalid):
    """More words than a report holds."""


def clean(words: str) -> str:
    """Words as they are kept: line ends and blanks of one kind, no control or direction characters; TextTooLong."""
    unified = re.sub(r"\r\n?|[\u2028\u2029]", "\n", re.sub(r"[\t\u00a0\u3000]", " ", words))
    plain = "".join(c for c in unified if c == "\n" or c.isprintable()).strip()
    if len(plain) > LONGEST_TEXT:
        raise TextTooLong(f"文字有 {len(plain)} 个字，最多 {LONGEST_TEXT} 个；请写短一些，或分几次补充。")
    return plain
