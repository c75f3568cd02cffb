"""What in a text says who somebody is: telephones, identity numbers, e-mail. Found so that it can be kept apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from geoapp.reports.orders.spelling import Plain, spelled
from geoapp.reports.telephones import ANYWHERE, LABELLED, dialled

PHONE, IDENTITY, EMAIL, NAME, HALF_SHOWN = "phone", "identity", "email", "name", "half-shown phone"
_WORDS = {PHONE: "〔电话〕", HALF_SHOWN: "〔电话〕", IDENTITY: "〔证件号〕", EMAIL: "〔邮箱〕", NAME: "〔姓名〕"}
#: What stands where something personal stood.
MARKED = re.compile(r"〔(?:电话|证件号|邮箱|姓名|略)〕")
_IDENTITY = re.compile(
    r"(?<![\dA-Za-z])[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"
)
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
#: A telephone of which a platform shows the ends only: nobody can dial it, and it still says whose it is.
_HALF_SHOWN = re.compile(r"(?<![\d.])1[3-9]\d[*xX]{3,6}\d{2,4}(?!\d)")
#: What stands where a name would, when somebody gave none.
_NOBODY = re.compile(r"[不未拒][愿便想肯留详]?[一-龥]{0,4}|匿名|保密|无|没留")
#: The hundred or so commonest surnames of mainland China, some nine tenths of all people (names of the 2020 census).
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
#: A name that stands by itself before a telephone: 李四 | 13522223333.
_BESIDE = re.compile(rf"(?:^|[\s|,;:/])([{_SURNAMES}](?:[一-龥]{{1,2}}|[*某]{{1,2}}))[\s|,;:/]{{1,3}}$")
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
    for what, pattern in ((IDENTITY, _IDENTITY), (EMAIL, _EMAIL), (PHONE, LABELLED if labelled else ANYWHERE)):
        for match in pattern.finditer(text):
            if all(match.end() <= t.start or t.end <= match.start() for t in found):
                value = dialled(match[0]) if what == PHONE else match[0]
                found.append(Trace(what, value, match.start(), match.end()))
    found += [Trace(HALF_SHOWN, "", m.start(), m.end()) for m in _HALF_SHOWN.finditer(text)]
    return sorted(found, key=lambda t: t.start)


def person(text: str) -> re.Match[str] | None:
    """A name at the beginning of a text: letters up to the first sign that no name has."""
    return _PERSON.match(text)


def is_nobody(name: str) -> bool:
    """Does it say that no name was given: 匿名, 不愿透露?"""
    return _NOBODY.fullmatch(name.strip()) is not None


def beside(text: str, phone_start: int) -> tuple[str, int, int] | None:
    """A name that stands by itself right before a telephone (name, start, end).

    Examples
    --------
    >>> beside("井盖丢失 | 李四 | 13522223333", 12)
    ('李四', 7, 9)
    >>> beside("请联系物业 13522223333", 6) is None
    True
    """
    line = text.rfind("\n", 0, phone_start) + 1
    found = _BESIDE.search(text[line:phone_start])
    return (found[1], line + found.start(1), line + found.end(1)) if found else None


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
