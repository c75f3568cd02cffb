"""What an official should know before she believes what was read: sentences of ours with their values apart."""

from __future__ import annotations

#: Of the words and the term of an order.
CUT = "内容超过 %(n)s 字，已截短。"
UNREAD_TERM = "时限“%(text)s”没有读懂，按类别的期限办。"
LATE = "办结时限早于派单时间，请核对。"


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
