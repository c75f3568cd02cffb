"""What an official should know before she believes what was read: sentences of ours with their values apart."""

from __future__ import annotations

#: Of the words and the term of an order.
CUT = "内容超过 %(n)s 字，已截短。"
UNREAD_TERM = "时限“%(text)s”没有读懂，按类别的期限办。"
LATE, PAST = "办结时限早于派单时间，请核对。", "办结时限已经过了，请核对。"

#: Code of why a row of a sheet is no order -> why, and what to do; a refused one is told why when it is stored.
REASONS = {
    "no_number": ("没有工单编号", "补上编号再导入一次"),
    "scientific": ("编号被表格软件写成了科学计数法，后几位已丢失", "把编号列设成“文本”后重新导出"),
    "bad_number": ("编号里没有数字，或太长", "核对编号列"),
    "empty": ("没有诉求内容，也没有地点", "补上内容再导入一次"),
    "repeated": ("编号与第 %(row)s 行相同", "同一张工单只保留一行"),
    "refused": ("", "核对这一行后再导入一次"),
}


class Note(str):
    """A sentence that a page can say in another language, too; as plain text it is the Chinese one.

    Examples
    --------
    >>> note = Note("只知道在%(street)s上。", street="枣营路")
    >>> str(note), note.sentence
    ('只知道在枣营路上。', '只知道在%(street)s上。')
    """

    __slots__ = ("sentence", "values")
    sentence: str
    values: dict[str, object]

    def __new__(cls, sentence: str = "", /, **values: object) -> Note:
        """``values`` stand in the sentence as ``%(name)s``."""
        self = super().__new__(cls, sentence % values if values else sentence)
        self.sentence, self.values = sentence, values
        return self


NOTHING = Note()
