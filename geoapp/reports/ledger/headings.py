"""What headings of ledgers 台账 mean: the fields that we can fill, and which columns say who somebody is.

A heading may name several at once: 受理时间/办结时间, 诉求内容及办理结果, 地址（楼号）, 小区楼号.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from geoapp.reports.datafile import BadData, known_only, need, one_of, parse

#: What we can fill a column with -> its name in Chinese and English; headings of that name are known by it.
FIELDS: dict[str, tuple[str, str]] = {
    "row": ("序号", "No."), "number": ("受理编号", "Number"), "order": ("工单编号", "Order number"),
    "reported": ("反映时间", "Reported"), "community": ("社区", "Community"), "grid": ("网格", "Grid"),
    "address": ("地点", "Place"), "compound": ("小区", "Compound"), "building": ("楼号", "Building"),
    "group": ("大类", "Group"), "kind": ("类别", "Kind"), "words": ("内容", "Words"), "channel": ("来源", "Channel"),
    "handler": ("承办", "Handled by"), "state": ("状态", "State"), "due": ("办结时限", "Due"),
    "accepted": ("签收时间", "Accepted"), "answered": ("答复时间", "Answered"), "closed": ("办结时间", "Closed"),
    "outcome": ("办理结果", "Outcome"), "answer": ("答复内容", "Answer"), "overdue": ("是否超期", "Overdue"),
    "solved": ("是否解决", "Solved"), "satisfied": ("是否满意", "Satisfied"),
    "me_too": ("遇到人数", "People affected"),
}  # fmt: skip
#: Parts of headings that say who somebody is: never filled, whatever a data file or somebody at a page says.
_PERSONAL = (
    "姓名", "电话", "手机", "身份证", "证件", "联系方式", "联系人", "反映人", "来电人", "诉求人", "举报人", "当事人",
    "住址", "年龄", "性别", "民族", "微信", "邮箱",
)  # fmt: skip
#: What parts the words of a heading; those of the second line stand within words as well (参与, 涉及).
_MARKS = re.compile(r"[、/,;|+&]")
_AND = re.compile(r"[及和与]")
#: Words that say of what stands before them: 网格编号 is the number of a grid, and names no case.
_OF_IT = {"编号", "时间", "日期", "时限", "期限", "状态", "类别", "类型", "种类", "结果"}
#: Endings that are written once for several: 受理及办结时间.
_SHARED = ("时间", "日期", "情况", "结果")
#: Beside somebody's name an address is where she lives, and not where the case is.
_HOME = {"address", "compound", "building"}
#: In the place of a field: a word that says who somebody is.
_WHO = "?"
#: What is longer is a note to whoever fills the sheet in.
_LONGEST = 40


@dataclass(frozen=True)
class Headings:
    """``fields``: heading in one spelling -> field; ``personal``: parts of headings that say who somebody is."""

    version: str
    source: str
    fields: Mapping[str, str]
    personal: tuple[str, ...] = _PERSONAL

    def says_who(self, heading: str) -> bool:
        """Is that the heading of a column that tells who somebody is?

        Examples
        --------
        >>> known = Headings("", "", {})
        >>> known.says_who("反映人姓名"), known.says_who("承办单位联系电话"), known.says_who("承办单位")
        (True, True, False)
        """
        return any(part in squeezed(heading) for part in self.personal)

    def field_of(self, heading: str) -> str:
        """The field that a heading means, several with + between them; empty for none.

        Words of no meaning in brackets do not count. Of a heading that also says who somebody is the other words do,
        where they stand apart: 承办单位及联系电话, but not 承办单位联系电话.

        Examples
        --------
        >>> known = Headings("", "", {"受理编号": "number", "时间": "reported", "办结时间": "closed", "内容": "words"})
        >>> known.field_of("受理 编号"), known.field_of("办结时间（年月日）"), known.field_of("联系电话")
        ('number', 'closed', '')
        >>> known.field_of("时间/办结时间"), known.field_of("内容办结时间"), known.field_of("姓名、内容")
        ('reported+closed', 'words+closed', 'words')
        """
        named = self._named(squeezed(heading))
        # A word of who somebody is that stands across the marks says so of the whole heading.
        if self.says_who(heading) and _WHO not in named:
            return ""
        homes = _HOME if _WHO in named else set()
        return "+".join(dict.fromkeys(field for field in named if field != _WHO and field not in homes))

    def _named(self, plain: str) -> list[str]:
        """Fields that a heading names, in its order."""
        if plain in self.fields and not self.says_who(plain):
            return [self.fields[plain]]
        if len(plain) > _LONGEST:
            return []
        before, _, within = plain.partition("(")
        named, more = self._listed(before), self._listed(within.rstrip(")"))
        if not named:
            return []
        # 类别（大类/小类） says in brackets what stands in the column.
        return more if set(named) <= set(more) else [*named, *more]

    def _listed(self, text: str) -> list[str]:
        """Fields of words with marks between them; none where only one is known, for it may speak of another."""
        parts = [part for part in _MARKS.split(text) if part]
        each = [self._one(part, parts[-1]) for part in parts]
        named = [field for found in each for field in found]
        return named if all(each) or len(set(named) - {_WHO}) > 1 else []

    def _one(self, part: str, last: str) -> list[str]:
        pieces = [piece for piece in _AND.split(part) if piece]
        if len(pieces) > 1 and part not in self.fields:
            each = [self._word(piece, pieces[-1]) for piece in pieces]
            if all(each):
                return [field for found in each for field in found]
        return self._word(part, last)

    def _word(self, word: str, last: str) -> list[str]:
        if self.says_who(word):
            return [_WHO]
        ends = (ending for ending in _SHARED if last.endswith(ending) and word + ending in self.fields)
        return self._run(word) or [self.fields[word + ending] for ending in ends][:1]

    def _run(self, text: str, after: str = "") -> list[str]:
        """Fields of known words that follow each other, the longest first, where they make up the whole text."""
        for end in range(len(text), 1, -1):
            word = text[:end]
            # A body has an address and a state of its own: 承办单位地址.
            if word not in self.fields or (after and (word in _OF_IT or (after == "handler" and end < 4))):
                continue
            field = self.fields[word]
            rest = self._run(text[end:], field) if end < len(text) else []
            if rest or end == len(text):
                return [field, *rest]
        return []


def squeezed(text: str) -> str:
    """A heading in one spelling: half-width, no spaces, brackets' additions kept."""
    return "".join(unicodedata.normalize("NFKC", text).split()).rstrip(":*")


def parse_headings(text: str) -> Headings:
    """The headings from their file; BadData for one of two fields and for a field that we cannot fill."""
    where = "台账用语表"
    data = parse(text, "ledger-words.toml")
    known_only(data, {"version", "source", "heading", "personal"}, where)
    fields: dict[str, str] = {}
    for field, rows in need(data, "heading", where).items():
        one_of(field, tuple(FIELDS), f"{where}的 heading")
        for heading in _words(rows, f"{where}的 {field}"):
            if fields.setdefault(heading, field) != field:
                raise BadData(f"{where}里“{heading}”既是 {fields[heading]} 又是 {field}；请留一处。")
    for field, (title, _english) in FIELDS.items():
        fields.setdefault(squeezed(title), field)
    personal = data.get("personal", {})
    known_only(personal, {"parts"}, f"{where}的 personal")
    parts = _words(personal.get("parts", []), f"{where}的 personal")
    return Headings(
        str(data.get("version", "")), str(data.get("source", "")), fields, tuple(dict.fromkeys([*_PERSONAL, *parts]))
    )


def _words(rows: object, where: str) -> list[str]:
    """A list of words in one spelling; BadData for anything else, and for an empty one, which every heading holds."""
    if not isinstance(rows, list) or not all(isinstance(each, str) and squeezed(each) for each in rows):
        raise BadData(f'{where} 应是一串栏目名称，如 ["时间", "日期"]；请改正。')
    return [squeezed(each) for each in rows]
