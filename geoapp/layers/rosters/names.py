"""How people write buildings: "甲5号楼", "6、7号楼", "1-4号楼", "30号院2号楼"; one spelling for each."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CHINESE_NUMBER = re.compile(r"[零〇一二两三四五六七八九十百]+(?=(?:号|栋|幢|楼|座|单元|[-、至到]))")
_SEPARATOR = re.compile(r"[、,;/]|和|及|与")
#: One stretch of numbers: a mark (甲, A, 东), the first number, and the last one of a range.
_MARK = "[甲乙丙丁戊己庚辛壬癸东西南北中新旧A-Z]"
_SPEC = re.compile(
    rf"^(?P<before>.*?)(?P<mark>{_MARK}?)(?P<first>\d+)(?:-(?P<mark2>{_MARK}?)(?P<last>\d+))?"
    r"(?P<suffix>号楼|号|楼|栋|幢)?(?P<after>.*)$"
)
_YARD = re.compile(r"^(?:(?P<numbered>.*?\d+号院)(?P<all>.+)|(?P<named>.*?(?<!医)(?<!学)院)(?P<some>.*\d.*|.*[楼座]))$")
_UNIT = re.compile(r"(\d+(?:-\d+)?(?:、\d+(?:-\d+)?)*)单元.*$")
_ODD, _EVEN = re.compile(r"\((?:单号?|奇数?)\)"), re.compile(r"\(双号?\)|\(偶数?\)")
#: A longer "range" is two numbers with a dash between them.
_LONGEST_RANGE = 100


@dataclass(frozen=True, slots=True)
class Building:
    """One building as a roster names it: the yard or estate it stands in (may be empty), and its own label."""

    estate: str
    label: str

    @property
    def name(self) -> str:
        """The full name: estate and label."""
        return f"{self.estate}{self.label}"


def normal(text: object) -> str:
    """One spelling of a name: no spaces, half-width digits and signs, numbers in digits, every building a 号楼.

    Examples
    --------
    >>> normal("霞光里 ３＃ 楼"), normal("十二栋"), normal("甲５号楼（塔）")
    ('霞光里3号楼', '12号楼', '甲5号楼(塔)')
    """
    plain = unicodedata.normalize("NFKC", "" if text is None else str(text)).upper()
    plain = re.sub(r"\s+", "", plain)
    plain = re.sub(r"[—–~～‐−]+|(?<=\d)[至到](?=[甲乙丙丁A-Z]?\d)", "-", plain).replace(",", "、").replace(";", "、")
    plain = _CHINESE_NUMBER.sub(lambda m: _number(m[0]), plain)
    plain = re.sub(r"(?<=[一-九\d])[至到](?=\d)", "-", plain)
    plain = re.sub(r"(?<=\d)(#|号)?(栋|幢)|(?<=\d)#(号?楼)?", "号楼", plain)
    plain = re.sub(r"(?<=\d)楼", "号楼", plain)
    return re.sub(r"0+(?=\d+号楼)", "", plain) if re.search(r"(?<!\d)0+\d+号楼", plain) else plain


def expand(text: object) -> list[Building]:
    """All buildings that a cell names, in order and each once.

    Examples
    --------
    >>> [b.name for b in expand("6、7号楼")], [b.name for b in expand("30号院1-3号楼")]
    (['6号楼', '7号楼'], ['30号院1号楼', '30号院2号楼', '30号院3号楼'])
    >>> [b.name for b in expand("甲5号楼")], [b.name for b in expand("枣营北里１－２号楼、甲3号楼")]
    (['甲5号楼'], ['枣营北里1号楼', '枣营北里2号楼', '枣营北里甲3号楼'])
    """
    plain = normal(text)
    if not plain:
        return []
    step = 2 if _ODD.search(plain) or _EVEN.search(plain) else 1
    plain = _EVEN.sub("", _ODD.sub("", plain))
    plain = re.sub(rf"(?<=\d)号楼-(?={_MARK}?\d)", "-", _UNIT.sub("", plain))
    estate, suffix = "", _suffix_of(plain)
    found: list[Building] = []
    for piece in _SEPARATOR.split(plain):
        yard = _YARD.match(piece)
        rest = piece
        if yard is not None:
            estate, rest = yard["numbered"] or yard["named"], yard["all"] or yard["some"]
        spec = _SPEC.match(rest)
        if spec is None or re.search(r"号院$", rest):
            # 综合楼 has no number, and the number of 30号院 is not a building's.
            if rest:
                found.append(Building(estate, rest))
            continue
        if spec["before"]:
            estate = (estate if yard is not None else "") + spec["before"]
        found += [Building(estate, label) for label in _labels(spec, suffix, step)]
    return list(dict.fromkeys(found))


def split_evenly(total: int, count: int) -> list[int]:
    """Whole numbers that differ by one at most and sum to ``total``; the first get what does not divide.

    Examples
    --------
    >>> split_evenly(290, 4)
    [73, 73, 72, 72]
    """
    share, left = divmod(total, count)
    return [share + (i < left) for i in range(count)]


def _labels(spec: re.Match[str], suffix: str, step: int) -> list[str]:
    first, last = int(spec["first"]), int(spec["last"] or spec["first"])
    mark, mark2 = spec["mark"], spec["mark2"] or ""
    # 5号楼(塔) is 5号楼, but 3号楼东侧平房 and 12号商住楼 are buildings of their own.
    after = re.sub(r"\([^)]*\)", "", spec["after"] or "")
    own = "号楼" if spec["suffix"] in {"号楼", "楼", "栋", "幢"} else (spec["suffix"] or "")
    ending = f"{own}{after}" if after and own else (own if own == "号楼" else suffix or own) + after
    if spec["last"] is None:
        return [f"{mark}{first}{ending}"]
    if last <= first or last - first > _LONGEST_RANGE or mark2 not in {"", mark}:
        # 5-1号楼 is a building's number, not a range.
        return [f"{mark}{first}-{mark2}{last}{ending}"]
    return [f"{mark}{number}{ending}" for number in range(first, last + 1, step)]


def _suffix_of(plain: str) -> str:
    """What stands after the last number goes for all: in 6、7号楼 the 6 is a 号楼 too."""
    return "号楼" if "号楼" in plain else ("号" if re.search(r"\d号(?!院)", plain) else "号楼")


def _number(words: str) -> str:
    if "百" in words or "十" in words:
        total = 0
        hundreds, mark, rest = words.partition("百")
        if mark:
            total += (_DIGITS.get(hundreds[-1:], 1)) * 100
            words = rest
        tens, mark, ones = words.partition("十")
        if mark:
            total += _DIGITS.get(tens[-1:], 1) * 10
        else:
            ones = words
        return str(total + _DIGITS.get(ones[-1:], 0))
    return "".join(str(_DIGITS[word]) for word in words)
