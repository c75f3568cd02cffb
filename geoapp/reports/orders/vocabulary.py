"""The words of orders 工单: labels under which platforms write what, and what they call our kinds."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from geoapp.reports.datafile import BadData, known_only, need, one_of, parse
from geoapp.reports.kinds import Kinds, stated
from geoapp.reports.orders.spelling import spelled

#: Fields of an order; ``dropped`` is personal and kept by nobody, ``unused`` is understood and has no place here.
FIELDS = (
    "number", "words", "title", "place", "compound", "building", "category", "sent_at", "reported_at", "term", "name",
    "phone", "dropped", "unused",
)  # fmt: skip
#: Fields that say who somebody is.
PERSONAL = frozenset({"name", "phone", "dropped"})


@dataclass(frozen=True)
class Vocabulary:
    """``labels``: label -> field, normalised; ``kinds``: phrase -> code of a kind."""

    version: str
    source: str
    labels: Mapping[str, str]
    kinds: Mapping[str, str]

    def field_of(self, heading: str) -> str | None:
        """The field that a column's heading names: its whole text is a label, additions in brackets aside.

        Examples
        --------
        >>> Vocabulary("", "", {"联系电话": "phone"}, {}).field_of("联系 电话（手机）")
        'phone'
        """
        plain = squeezed(heading)
        bare = plain.split("(")[0].rstrip(":*")
        return self.labels.get(plain) or self.labels.get(bare)

    def kinds_in(self, text: str) -> list[tuple[str, int, int]]:
        """Phrases of kinds that a text uses: (kind, start, end), the longest first, then the first.

        Examples
        --------
        >>> Vocabulary("", "", {}, {"电梯": "elevator", "电梯困人": "elevator"}).kinds_in("三单元电梯困人")
        [('elevator', 3, 7), ('elevator', 3, 5)]
        """
        found = [
            (kind, start, start + len(phrase))
            for phrase, kind in self.kinds.items()
            if (start := text.find(phrase)) >= 0
        ]
        return sorted(found, key=lambda f: (f[1] - f[2], f[1]))


def likely_kinds(category: str, words: str, vocabulary: Vocabulary, kinds: Kinds) -> tuple[str, ...]:
    """Up to three kinds that an order's own class and its words speak of, letter by letter; the class weighs more."""
    score: dict[str, float] = {}
    for text, weight in ((category, 1.5), (words, 1.0)):
        plain = stated(spelled(text).text)
        for kind, start, end in vocabulary.kinds_in(plain):
            score[kind] = score.get(kind, 0.0) + weight * (end - start)
        for known in kinds.kinds.values():
            if letters := sum(len(word) for word in known.words if word in plain):
                score[known.code] = score.get(known.code, 0.0) + weight * letters
    return tuple(sorted(score, key=lambda kind: -score[kind]))[:3]


def squeezed(text: str) -> str:
    """A label in one spelling: half-width, no spaces.

    Examples
    --------
    >>> squeezed(" 诉求 地址　（详细）")
    '诉求地址(详细)'
    """
    return "".join(unicodedata.normalize("NFKC", text).split())


def parse_vocabulary(text: str, kinds: Collection[str]) -> Vocabulary:
    """The words from their file; BadData for a label of two fields and for a kind that the tree does not have."""
    data = parse(text, "order-words.toml")
    known_only(data, {"version", "source", "label", "kind"}, "工单用语表")
    labels: dict[str, str] = {}
    for field, rows in need(data, "label", "工单用语表").items():
        one_of(field, FIELDS, "工单用语表的 label")
        for label in rows:
            if labels.setdefault(squeezed(label), field) != field:
                raise BadData(f"工单用语表里“{label}”既是 {labels[squeezed(label)]} 又是 {field}；请留一处。")
    phrases: dict[str, str] = {}
    for kind, rows in data.get("kind", {}).items():
        one_of(kind, tuple(kinds), "工单用语表的 kind")
        for phrase in rows:
            if phrases.setdefault(phrase, kind) != kind:
                raise BadData(f"工单用语表里“{phrase}”既是 {phrases[phrase]} 又是 {kind}；请留一处。")
    return Vocabulary(str(data.get("version", "")), str(data.get("source", "")), labels, phrases)
