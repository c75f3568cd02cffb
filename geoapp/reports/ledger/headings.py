"""What headings of ledgers 台账 mean: the fields that we can fill, and which columns say who somebody is."""

from __future__ import annotations

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
        """The field that a heading means: its whole words, else without what stands in brackets; empty for none.

        Examples
        --------
        >>> known = Headings("", "", {"受理编号": "number", "办结时间": "closed"})
        >>> known.field_of("受理 编号"), known.field_of("办结时间（年月日）"), known.field_of("联系电话")
        ('number', 'closed', '')
        """
        plain = squeezed(heading)
        if self.says_who(plain):
            return ""
        return self.fields.get(plain) or self.fields.get(plain.split("(")[0], "")


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
