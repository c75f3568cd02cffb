"""The columns of somebody's ledger 台账: where its header stands, and which of them we can fill with what.

A heading is known by its words; what nobody knows, and what says who somebody is, stays empty.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geoapp.errors import Invalid

#: Field -> (Chinese, English, headings that mean it). The first heading that a field has is what we call it.
FIELDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "row": ("序号", "No.", ("序号", "编号序", "No")),
    "number": ("受理编号", "Number", ("受理编号", "受理号", "案件编号", "事件编号", "编号")),
    "order": ("工单编号", "Order number", ("工单编号", "工单号", "12345编号", "热线编号", "派单号", "诉求编号")),
    "reported": ("反映时间", "Reported", (
        "反映时间", "受理时间", "来电时间", "登记时间", "上报时间", "发现时间", "派单时间", "接单时间", "时间",
        "反映日期", "受理日期", "登记日期", "日期",
    )),
    "community": ("社区", "Community", ("社区", "所属社区", "村(社区)", "社区名称")),
    "grid": ("网格", "Grid", ("网格", "所属网格", "网格号", "网格名称")),
    "address": ("地点", "Place", (
        "地点", "地址", "详细地址", "诉求地址", "事发地点", "发生地点", "具体位置", "位置", "点位",
    )),
    "compound": ("小区", "Compound", ("小区", "小区名称", "所属小区", "院落")),
    "building": ("楼号", "Building", ("楼号", "楼栋", "楼栋号", "楼门牌", "楼门号")),
    "group": ("大类", "Group", ("大类", "一级分类", "问题大类", "事件大类")),
    "kind": ("类别", "Kind", (
        "类别", "小类", "问题类别", "问题分类", "诉求类别", "事项类别", "二级分类", "问题类型", "类型", "种类",
    )),
    "words": ("内容", "Words", (
        "内容", "诉求内容", "问题描述", "反映内容", "主要诉求", "事项内容", "问题内容", "情况描述", "事由",
    )),
    "channel": ("来源", "Channel", ("来源", "渠道", "诉求来源", "反映渠道", "来源渠道")),
    "handler": ("承办", "Handled by", (
        "承办", "承办单位", "责任单位", "主办单位", "办理单位", "处理单位", "责任部门", "承办部门",
    )),
    "state": ("状态", "State", ("状态", "办理状态", "处理状态", "进度", "办理进度")),
    "due": ("办结时限", "Due", ("办结时限", "时限", "办理时限", "截止时间", "办理期限", "期限", "要求办结时间")),
    "accepted": ("签收时间", "Accepted", ("签收时间", "接收时间", "响应时间")),
    "answered": ("答复时间", "Answered", ("答复时间", "反馈时间", "回复时间")),
    "closed": ("办结时间", "Closed", (
        "办结时间", "结案时间", "完成时间", "办结日期", "完成日期", "结案日期", "解决时间",
    )),
    "outcome": ("办理结果", "Outcome", ("办理结果", "处理结果", "办结结果", "结果")),
    "answer": ("答复内容", "Answer", (
        "答复内容", "办理情况", "处理情况", "办理过程", "处置情况", "反馈内容", "处理意见",
    )),
    "overdue": ("是否超期", "Overdue", ("是否超期", "是否超时", "超期")),
    "solved": ("是否解决", "Solved", ("是否解决", "解决情况")),
    "satisfied": ("是否满意", "Satisfied", ("是否满意", "满意度", "满意情况")),
    "me_too": ("遇到人数", "People affected", ("遇到人数", "涉及人数", "附议人数")),
}  # fmt: skip
#: Parts of headings that say who somebody is: never filled, whatever somebody chooses.
_PERSONAL = (
    "姓名", "电话", "手机", "身份证", "证件", "联系方式", "联系人", "反映人", "来电人", "诉求人", "举报人", "当事人",
    "住址", "年龄", "性别", "民族", "微信", "邮箱",
)  # fmt: skip
_HEADER_WITHIN, MOST_COLUMNS = 20, 100
_BY_HEADING = {word: field for field, (_zh, _en, words) in reversed(FIELDS.items()) for word in words}


class NoHeader(Invalid):
    """A file in which no row is a header that we know."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what its heading says, and the field that fills it; empty: it stays empty."""

    heading: str
    field: str = ""

    @property
    def is_personal(self) -> bool:
        """Does its heading speak of somebody?"""
        return says_who(self.heading)


@dataclass(frozen=True, slots=True)
class Header:
    """The rows of a file down to its header, as they stood, and the columns of the last of them."""

    rows: tuple[tuple[str, ...], ...]
    columns: tuple[Column, ...]
    #: Merged cells in these rows: first row, first column, last row, last column, from 0.
    merged: tuple[tuple[int, int, int, int], ...] = ()


def says_who(heading: str) -> bool:
    """Is that the heading of a column that tells who somebody is?

    Examples
    --------
    >>> says_who("反映人姓名"), says_who("承办单位联系电话"), says_who("承办单位")
    (True, True, False)
    """
    return any(word in squeezed(heading) for word in _PERSONAL)


def squeezed(text: str) -> str:
    """A heading in one spelling: half-width, no spaces, brackets' additions kept."""
    return "".join(unicodedata.normalize("NFKC", text).split()).rstrip(":*")


def field_of(heading: str) -> str:
    """The field that a heading means: its whole words, else without what stands in brackets; empty for none.

    Examples
    --------
    >>> field_of("受理 编号"), field_of("办结时间（年月日）"), field_of("联系电话"), field_of("心情")
    ('number', 'closed', '', '')
    """
    plain = squeezed(heading)
    if says_who(plain):
        return ""
    return _BY_HEADING.get(plain) or _BY_HEADING.get(plain.split("(")[0], "")


def find_header(rows: Sequence[Sequence[Any]], merged: Sequence[tuple[int, int, int, int]] = ()) -> Header:
    """The header of a file: of its first rows the one with the most headings that are known.

    Under a heading that spans several columns the row below says what each of them is; a heading that spans several
    rows counts for the last of them.

    Raises
    ------
    NoHeader : none of the first rows has two headings that we know
    """
    texts = [[_text(cell) for cell in row][:MOST_COLUMNS] for row in list(rows)[:_HEADER_WITHIN]]
    width = max((len(row) for row in texts), default=0)
    texts = [row + [""] * (width - len(row)) for row in texts]
    spread = _spread(texts, merged)
    known = [len({field_of(cell) for cell in row} - {""}) for row in spread]
    best = max(range(len(known)), key=lambda i: (known[i], i), default=-1)
    if best < 0 or known[best] < 2:
        raise NoHeader("没有找到台账的表头：前 20 行里要有一行写着栏目名称，如“受理编号、时间、地点、类别、状态”。")
    last = max((c for c in range(width) if any(row[c] for row in spread[: best + 1])), default=-1) + 1
    taken: set[str] = set()
    columns = []
    for heading in spread[best][:last]:
        field = field_of(heading)
        columns.append(Column(heading, "" if field in taken else field))
        taken.add(field)
    spans = tuple(span for span in merged if span[2] <= best and span[3] < last)
    return Header(tuple(tuple(row[:last]) for row in texts[: best + 1]), tuple(columns), spans)


def corrected(header: Header, fields: Sequence[str]) -> Header:
    """The same with the fields that somebody chose, one per column; what says who somebody is stays empty."""
    chosen = [field if field in FIELDS else "" for field in fields]
    columns = [
        Column(column.heading, "" if column.is_personal else field)
        for column, field in zip(header.columns, chosen, strict=True)
    ]
    return Header(header.rows, tuple(columns), header.merged)


def as_json(header: Header) -> dict[str, Any]:
    """Plain values, for storing."""
    return {
        "rows": [list(row) for row in header.rows], "merged": [list(span) for span in header.merged],
        "columns": [[column.heading, column.field] for column in header.columns],
    }  # fmt: skip


def of_json(values: Mapping[str, Any]) -> Header:
    """The header of its stored values."""
    return Header(
        tuple(tuple(row) for row in values["rows"]),
        tuple(Column(heading, field) for heading, field in values["columns"]),
        tuple((span[0], span[1], span[2], span[3]) for span in values["merged"]),
    )


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).replace("\x00", "").strip()[:200]


def _spread(texts: list[list[str]], merged: Sequence[tuple[int, int, int, int]]) -> list[list[str]]:
    """The texts with those of merged cells down to their last row; across, only their first column has them."""
    found = [list(row) for row in texts]
    for top, left, bottom, right in merged:
        if top < len(found) and left < len(found[top]) and right == left:
            for row in range(top + 1, min(bottom + 1, len(found))):
                found[row][left] = found[row][left] or found[top][left]
    return found
