"""What in a text says who somebody is: telephones, identity numbers, e-mail. Found so that it can be kept apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from geoapp.reports.orders.spelling import Plain, spelled

PHONE, IDENTITY, EMAIL, NAME = "phone", "identity", "email", "name"
_WORDS = {PHONE: "〔电话〕", IDENTITY: "〔证件号〕", EMAIL: "〔邮箱〕", NAME: "〔姓名〕"}
_MOBILE = r"(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}"
_LANDLINE = r"(?:\(0\d{2,3}\)|0\d{2,3})[ -]?[2-9]\d{6,7}(?:(?:转|-)\d{1,5})?"
_LOCAL = r"[2-9]\d{3}[ -]?\d{4}(?:转\d{1,5})?"
#: Eight digits alone are a telephone only where a label says so.
_ANYWHERE = re.compile(rf"(?<![\d.]){_MOBILE}(?!\d)|(?<![\d.-]){_LANDLINE}(?!\d)")
_LABELLED = re.compile(rf"(?<![\d.]){_MOBILE}(?!\d)|(?<![\d.-]){_LANDLINE}(?!\d)|(?<![\d.-]){_LOCAL}(?!\d)")
_IDENTITY = re.compile(
    r"(?<![\dA-Za-z])[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"
)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_PERSON = re.compile(r"[\u4e00-\u9fff·]{1,12}|[A-Za-z][A-Za-z .'-]{0,38}")

_ADDRESSED = re.compile(
    r"(?:市民|居民|业主|群众|来电人|反映人|诉求人|住户|租户|网友|^)\s?(?![老男女各])"
    r"([\u4e00-\u9fff](?:某{1,2}|[\u4e00-\u9fff]{0,2}(?:先生|女士|同志|大爷|大妈|阿姨|老师)))"
)


@dataclass(frozen=True, slots=True)
class Trace:
    """A personal stretch of a text."""

    what: str
    value: str
    start: int
    end: int


def traces(text: str, *, labelled: bool = False) -> list[Trace]:
    """Identity numbers, e-mail addresses and telephones, in order; none overlaps another.

    Examples
    --------
    >>> [(t.what, t.value) for t in traces("请回 138 0013 8000 或 010-62345678转12")]
    [('phone', '13800138000'), ('phone', '01062345678转12')]
    """
    found: list[Trace] = []
    for what, pattern in ((IDENTITY, _IDENTITY), (EMAIL, _EMAIL), (PHONE, _LABELLED if labelled else _ANYWHERE)):
        for match in pattern.finditer(text):
            if all(match.end() <= t.start or t.end <= match.start() for t in found):
                value = _dialled(match[0]) if what == PHONE else match[0]
                found.append(Trace(what, value, match.start(), match.end()))
    return sorted(found, key=lambda t: t.start)


def person(text: str) -> re.Match[str] | None:
    """A name at the beginning of a text: letters up to the first sign that no name has."""
    return _PERSON.match(text)


def addressed(text: str) -> tuple[str, int, int] | None:
    """A person whom a sentence names with a form of address (name, start, end).

    Examples
    --------
    >>> addressed("市民张先生来电反映")
    ('张先生', 2, 5)
    """
    found = _ADDRESSED.search(text)
    return (found[1], found.start(1), found.end(1)) if found else None


def masked(text: str, *, also: Sequence[str] = ()) -> str:
    """A text in which telephones, identity numbers, e-mail and the names in ``also`` are replaced by what they are.

    Examples
    --------
    >>> masked("王五（１３８００１３８０００）说路灯不亮", also=["王五"])
    '〔姓名〕（〔电话〕）说路灯不亮'
    """
    plain = spelled(text)
    cuts = [(t.start, t.end, t.what) for t in traces(plain.text)]
    for name in also:
        if len(name) > 1:
            cuts += [(found.start(), found.end(), NAME) for found in re.finditer(re.escape(name), plain.text)]
    if not cuts:
        return shown(plain, 0, len(plain.text))
    pieces, at = [], 0
    for start, end, what in sorted(cuts):
        if start >= at:
            pieces += [shown(plain, at, start), mark(what)]
            at = end
    return "".join([*pieces, shown(plain, at, len(plain.text))])


def shown(plain: Plain, start: int, end: int) -> str:
    """A stretch as it was written, less the signs that no eye sees."""
    origin, source = plain.origin[start:end], plain.source
    return "".join(source[at] for n, at in enumerate(origin) if n == 0 or at != origin[n - 1])


def mark(what: str) -> str:
    """The words that stand where something personal stood."""
    return _WORDS.get(what, "〔略〕")


def _dialled(text: str) -> str:
    digits = re.sub(r"[ ()-]", "", text)
    mobile = re.fullmatch(r"\+?(?:86)?(1[3-9]\d{9})", digits)
    return mobile[1] if mobile else digits
