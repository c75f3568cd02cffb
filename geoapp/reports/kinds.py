"""Kinds of what is reported, in two levels, with what each is called elsewhere: component or event, class of 随手拍.

The tree is data (layers/reports/kinds.toml). A kind is a proposal until an official has looked: residents may send
without naming one, and words only suggest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geoapp.errors import NotFound
from geoapp.reports.datafile import BadData, known_only, need, one_of, parse
from geoapp.reports.terms import Term

PROBLEM, PROPOSAL = "problem", "proposal"
MATTERS = (PROBLEM, PROPOSAL)
URGENCIES = ("emergency", "utility", "general", "complex")
SIDES = ("component", "event")
#: What somebody sent who named no kind.
UNSORTED = "unsorted"
_RADIUS_M = 50.0
_CLASS_FIELDS = {"title_zh", "title_en", "plain_zh", "plain_en"}
_KIND_FIELDS = _CLASS_FIELDS | {
    "class", "side", "group", "snap", "urgency", "term", "radius_m", "words", "call", "matter",
}  # fmt: skip
_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")


class UnknownKind(NotFound):
    """A kind that this district's tree does not have."""


#: Fear of a fire is how people say that something is dangerous; a fire has a class and a number of its own.
_FEARED = re.compile(
    r"(?:怕|担心|担忧|容易|以免|避免|防止|引起|引发|导致)[^，。；！？,;!?\s]{0,4}?(?:着火|起火|冒烟|漏气|火灾)"
)


@dataclass(frozen=True, slots=True)
class KindClass:
    """The upper level of the tree; ``title`` for officials, ``plain`` for residents."""

    code: str
    title_zh: str
    title_en: str
    plain_zh: str
    plain_en: str


@dataclass(frozen=True, slots=True)
class Kind:
    """The lower level: how a matter is called, mapped, timed and told from its neighbours."""

    code: str
    parent: str
    title_zh: str
    title_en: str
    plain_zh: str
    plain_en: str
    matter: str
    side: str
    #: Class among components or events, and class of 随手拍.
    group: str
    snap: str
    urgency: str
    #: A term of its own ("7d"), or empty: that of its urgency.
    term: str
    #: A second report of the kind within it may be the same matter.
    radius_m: float
    words: tuple[str, ...]
    #: 110, 119 or 120 where residents are asked to ring first; else empty.
    call: str


@dataclass(frozen=True)
class Kinds:
    """The tree of one district."""

    version: str
    source: str
    classes: Mapping[str, KindClass]
    kinds: Mapping[str, Kind]

    def get(self, code: str) -> Kind:
        """The kind of that code; UnknownKind otherwise."""
        try:
            return self.kinds[code]
        except KeyError:
            raise UnknownKind(f"没有“{code[:40]}”这一类；请在类别表中选择。") from None

    def tree(self, matter: str | None = None) -> list[tuple[KindClass, list[Kind]]]:
        """Classes with their kinds, in the file's order; classes without a kind of that matter are left out."""
        rows = [
            (c, [k for k in self.kinds.values() if k.parent == c.code and matter in (None, k.matter)])
            for c in self.classes.values()
        ]
        return [row for row in rows if row[1]]

    def guess(self, text: str, *, limit: int = 3) -> list[Kind]:
        """Kinds whose words the text uses, most and longest words first; never the answer, only what to offer."""
        said = stated(text)
        scored = [(sum(len(w) for w in kind.words if w in said), kind) for kind in self.kinds.values()]
        found = sorted((s for s in scored if s[0]), key=lambda s: -s[0])
        return [kind for _, kind in found[:limit]]


def stated(text: str) -> str:
    """The text without what somebody only fears: a scooter charged in a stairwell is no fire yet.

    Examples
    --------
    >>> stated("楼道里给电动车充电，怕着火"), stated("三楼着火了")
    ('楼道里给电动车充电，', '三楼着火了')
    """
    return _FEARED.sub("", text)


def parse_kinds(text: str) -> Kinds:
    """A tree from its file; BadData names the entry that cannot be used."""
    data = parse(text, "kinds.toml")
    classes = {code: _class(code, row) for code, row in data.get("class", {}).items()}
    radius = float(data.get("radius_m", _RADIUS_M))
    kinds = {code: _kind(code, row, classes, radius) for code, row in data.get("kind", {}).items()}
    if UNSORTED not in kinds:
        raise BadData(f"类别表缺少 {UNSORTED}（待分类）；居民可以不选类别，请补上。")
    return Kinds(str(data.get("version", "")), str(data.get("source", "")), classes, kinds)


def _class(code: str, row: Mapping[str, Any]) -> KindClass:
    where = f"类别表的大类 {code}"
    _check_code(code, where)
    known_only(row, _CLASS_FIELDS, where)
    return KindClass(
        code, *(str(need(row, field, where)) for field in ("title_zh", "title_en", "plain_zh", "plain_en"))
    )


def _kind(code: str, row: Mapping[str, Any], classes: Mapping[str, KindClass], radius: float) -> Kind:
    where = f"类别表的小类 {code}"
    _check_code(code, where)
    known_only(row, _KIND_FIELDS, where)
    own_radius = float(row.get("radius_m", radius))
    if not 1 <= own_radius <= 1000:
        raise BadData(f"{where} 的 radius_m 是 {own_radius:g}；应为 1 到 1000 米。")
    return Kind(
        code=code,
        parent=one_of(need(row, "class", where), tuple(classes), f"{where} 的 class"),
        title_zh=str(need(row, "title_zh", where)),
        title_en=str(need(row, "title_en", where)),
        plain_zh=str(need(row, "plain_zh", where)),
        plain_en=str(need(row, "plain_en", where)),
        matter=one_of(row.get("matter", PROBLEM), MATTERS, f"{where} 的 matter"),
        side=one_of(need(row, "side", where), SIDES, f"{where} 的 side"),
        group=str(need(row, "group", where)),
        snap=str(need(row, "snap", where)),
        urgency=one_of(need(row, "urgency", where), URGENCIES, f"{where} 的 urgency"),
        term=Term.parse(str(row["term"])).text if "term" in row else "",
        radius_m=own_radius,
        words=_words(row.get("words", ()), where),
        call=one_of(str(row.get("call", "")), ("", "110", "119", "120"), f"{where} 的 call"),
    )


def _words(words: Sequence[Any], where: str) -> tuple[str, ...]:
    if isinstance(words, str) or not all(isinstance(word, str) and word for word in words):
        raise BadData(f'{where} 的 words 应为一列词；请写成 ["…", "…"]。')
    return tuple(words)


def _check_code(code: str, where: str) -> None:
    if not _CODE.fullmatch(code):
        raise BadData(f"{where} 的代码不对：用小写字母、数字和短横，字母开头，不超过 40 个。")
