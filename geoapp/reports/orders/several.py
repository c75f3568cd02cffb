"""Several orders in one paste: where one ends and the next begins."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

from geoapp.errors import TooLarge
from geoapp.reports.orders.order import canonical_number
from geoapp.reports.orders.parts import Part, divide
from geoapp.reports.orders.spelling import Plain, spelled
from geoapp.reports.orders.text import FREE_NUMBER, LABELLED_NUMBER, MOST_LETTERS

#: More than a screen of forms is a sheet: that is imported.
MOST_ORDERS = 20
#: Signs that stand before an order in a list: 1. (2) ①; the next one's may be left at the end.
_MARK = r"(?:[(（]?\d{1,2}[.、)）．]|[①-⑳])"
_BEFORE = re.compile(rf"\s*{_MARK}\s*(?=\D)")
_BEHIND = re.compile(rf"(?<=[;；。\s]){_MARK}\s*\Z")
_LISTED = re.compile(r"[\s\d.、)(①-⑳#*·-]{0,8}")


class TooManyOrders(TooLarge):
    """More orders than somebody confirms one by one."""


def split_orders(text: str, labels: Mapping[str, str]) -> list[str]:
    """The orders of a paste, in order; one where there is at most one number.

    An order begins where the first label of the paste stands again, or with its number; what leads up to a number in
    its line belongs to it.

    Raises
    ------
    TooManyOrders : more than `MOST_ORDERS`

    Examples
    --------
    >>> split_orders("工单编号 2026-0412 甲院 漏水\\n工单编号 2026-0413 乙院 停电", {"工单编号": "number"})
    ['工单编号 2026-0412 甲院 漏水', '工单编号 2026-0413 乙院 停电']
    """
    if len(text) > MOST_LETTERS * MOST_ORDERS:
        raise TooManyOrders("粘贴的内容太长；一次最多 %(most)s 张，更多请用表格导入。", most=MOST_ORDERS)
    plain = spelled(text)
    parts = divide(plain.text, labels)
    numbers = _numbers(plain.text, parts)
    if len(numbers) > MOST_ORDERS:
        raise TooManyOrders(
            "粘贴的内容里有 %(n)s 张工单；一次最多 %(most)s 张，更多请用表格导入。", n=len(numbers), most=MOST_ORDERS
        )
    if len(numbers) < 2:
        return [text]
    if _stand_behind(plain.text, numbers):
        cuts = [plain.text.find(")", at) + 1 or at for at in numbers[:-1]]
    else:
        cuts = [_beginning(plain.text, parts, before, at) for before, at in itertools.pairwise(numbers)]
    edges = [0, *(_in_source(plain, cut) for cut in cuts), len(text)]
    return [piece for a, b in itertools.pairwise(edges) if (piece := _unmarked(text[a:b]))]


def _stand_behind(text: str, numbers: list[int]) -> bool:
    """Does every order end with its number, in brackets?"""
    words = text[: numbers[0]].rstrip(" (")
    return len(words) >= 4 and all(text[:at].rstrip().endswith("(") for at in numbers)


def _unmarked(piece: str) -> str:
    """An order without the signs of the list around it; what is inside stays as it is."""
    piece = piece.lstrip(";；,，。 \n")
    lead = _BEFORE.match(piece)
    return _BEHIND.sub("", piece[lead.end() if lead else 0 :]).strip()


def _numbers(text: str, parts: list[Part]) -> list[int]:
    """Where the orders' numbers stand, with their labels; the same number again is the same order."""
    found: list[int] = []
    seen: set[str] = set()
    for part in parts:
        match = LABELLED_NUMBER.match(text, part.start, part.end) if part.field == "number" else None
        if match is None or not re.search(r"\d", match[1]) or canonical_number(match[1]) in seen:
            continue
        seen.add(canonical_number(match[1]))
        found.append(part.label_start)
    if found:
        return found
    # No label anywhere: then a number counts where a line begins with it.
    for match in FREE_NUMBER.finditer(text):
        line = text.rfind("\n", 0, match.start()) + 1
        if _LISTED.fullmatch(text, line, match.start()) and canonical_number(match[1]) not in seen:
            seen.add(canonical_number(match[1]))
            found.append(match.start())
    return found


def _beginning(text: str, parts: list[Part], before: int, at: int) -> int:
    """Where the order begins whose number stands at ``at``; the number before it stands at ``before``."""
    lead = next((part for part in parts if part.label), None)
    if lead is not None and lead.field != "number":
        again = [p.label_start for p in parts if p.label == lead.label and before < p.label_start < at]
        if again:
            return _line_start(text, again[-1], before)
    return _line_start(text, at, before)


def _line_start(text: str, at: int, before: int) -> int:
    """The beginning of the line, where the line is short before ``at`` and does not hold the number before."""
    line = text.rfind("\n", 0, at) + 1
    return line if before < line and at - line <= 20 else at


def _in_source(plain: Plain, at: int) -> int:
    return plain.origin[at] if at < len(plain.origin) else len(plain.source)
