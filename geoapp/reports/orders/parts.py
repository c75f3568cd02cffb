"""Where the labels of an order stand, and what stands between them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

#: Labels that belong to somebody else when these words stand before them: 物业联系电话 is not the caller's.
_STRANGERS = ("物业", "社区", "公司", "单位", "居委会", "派出所", "街道", "部门", "商户", "对方")
#: The number of another order, which this one only tells of: 关联工单编号.
_OTHERS = ("关联", "原", "历史", "父", "主", "重复", "上次", "前次", "此前")
#: Fields whose value may follow the label without a blank: 时限24小时.
_CLOSE = frozenset({"number", "term", "phone", "sent_at", "reported_at"})
#: Fields whose short label, at the beginning of a line, may have a blank for a colon: 编号 CD-2026-1118.
_ON_A_LINE = frozenset({"number", "title", "words", "place", "term", "phone", "category"})
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_AFTER = re.compile(r"(?:\([^()\n]{1,10}\))?\s{0,3}(?P<bracket>[】\])」])?\s{0,3}(?P<colon>[:=])?")


@dataclass(frozen=True, slots=True)
class Part:
    """A field with its label and the stretch of its value; the field is empty for what stands before any label."""

    field: str
    label: str
    label_start: int
    start: int
    end: int


def divide(text: str, labels: Mapping[str, str]) -> list[Part]:
    """The parts of an order, in order; they cover the text.

    Examples
    --------
    >>> [(p.field, p.label) for p in divide("编号:1 时限24小时", {"编号": "number", "时限": "term"})]
    [('number', '编号'), ('term', '时限')]
    """
    marks: list[tuple[str, str, int, int]] = []
    for found in _pattern(tuple(labels)).finditer(text):
        label = found[0].replace(" ", "")
        if (after := _is_label(text, found.start(), found.end(), labels[label])) is not None:
            marks.append((labels[label], label, _opening(text, found.start()), after))
    marks = _without_quoted(text, marks)
    ends = [*(mark[2] for mark in marks[1:]), len(text)][: len(marks)]
    parts = [Part(field, label, at, after, end) for (field, label, at, after), end in zip(marks, ends, strict=True)]
    first = marks[0][2] if marks else len(text)
    return [Part("", "", 0, 0, first), *parts] if text[:first].strip() else parts


def _without_quoted(text: str, marks: list[tuple[str, str, int, int]]) -> list[tuple[str, str, int, int]]:
    """A number in brackets is told beside the order's own; where all stand in brackets, they are the orders' own."""
    numbers = [mark for mark in marks if mark[0] == "number"]
    quoted = [mark for mark in numbers if text[: mark[2]].rstrip().endswith("(")]
    return marks if len(quoted) == len(numbers) else [mark for mark in marks if mark not in quoted]


def _is_label(text: str, start: int, end: int, field: str) -> int | None:
    """Where the value begins, if the word is a label there; None where it is a word like any other."""
    before = text[start - 1 : start]
    inside = bool(_CHINESE.match(before)) or before.isalnum()
    after = _AFTER.match(text, end)
    assert after is not None
    size = len(text[start:end].replace(" ", ""))
    if inside and (size < 4 or text[:start].endswith(_STRANGERS)):
        return None
    if field == "number" and text[:start].endswith(_OTHERS):
        return None
    if after["colon"]:
        return after.end()
    if inside:
        return None
    if after["bracket"] and before and before in "【[(「":
        return after.end()
    if re.match(r"[ ]?[\t]|[ ]*\n", text[end : end + 4]) or (size > 2 and text[end : end + 1] == " "):
        return after.end()
    if field in _ON_A_LINE and not text[:start].rpartition("\n")[2].strip() and text[end : end + 1] == " ":
        return after.end()
    if field in _CLOSE and (re.match(r"[ ]?[A-Za-z]{0,4}\d|[半一两三四五六七八九十]", text[end:])):
        return end
    return None


def _opening(text: str, start: int) -> int:
    """A bracket that opens before a label belongs to it."""
    at = start
    while at and text[at - 1] == " ":
        at -= 1
    return at - 1 if at and text[at - 1] in "【[「" else start


@lru_cache(maxsize=8)
def _pattern(labels: tuple[str, ...]) -> re.Pattern[str]:
    ordered = sorted(labels, key=len, reverse=True)
    # Short labels are often spaced out to the width of longer ones: 姓  名.
    spaced = [" {0,4}".join(map(re.escape, label)) if len(label) <= 3 else re.escape(label) for label in ordered]
    return re.compile("|".join(spaced) or r"(?!)")
