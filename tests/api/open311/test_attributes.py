"""Further questions of a service: their tree in the definition, and which answers will do."""

from __future__ import annotations

import pytest

from geoapp.api.open311.attributes import Attribute, BadAnswers, check

FLOOR = Attribute("floor", "number", "几层", "Which floor?", required=True)
KIND = Attribute("kind", "singlevaluelist", "哪种", values=(("a", "甲", "A"), ("b", "乙", "B")))
ALL = Attribute("all", "multivaluelist", "哪些", values=(("a", "甲", "A"), ("b", "乙", "B")))
WHEN = Attribute("when", "datetime", "何时")
LINE = Attribute("line", "string", "一行")
TEXT = Attribute("text", "text", "几行")
NOTICE = Attribute("notice", "string", "请先打 119", variable=False)
ASKED = [FLOOR, KIND, ALL, WHEN, LINE, TEXT, NOTICE]


def test_answers_of_each_type_that_fit_are_kept() -> None:
    given = {"floor": ["3"], "kind": ["b"], "all": ["a", "b"], "when": ["2026-11-22T08:00:00Z"], "text": ["甲\n乙"]}
    assert check(ASKED, given) == given
    assert check(ASKED, {"floor": ["3"], "kind": [" "]}) == {"floor": ["3"]}  # empty is absent


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"floor": ["三"]}, {"floor": ["nan"]}, {"floor": ["1", "2"]}, {"floor": ["1"], "kind": ["c"]},
        {"floor": ["1"], "kind": ["a", "b"]}, {"floor": ["1"], "all": ["a", "c"]}, {"floor": ["1"], "when": ["now"]},
        {"floor": ["1"], "line": ["a\nb"]}, {"floor": ["1"], "other": ["x"]}, {"floor": ["1"], "notice": ["x"]},
        {"floor": ["1"], "text": ["x" * 4001]}, {"floor": ["1"], "line": ["x" * 201]},
    ],
)  # fmt: skip
def test_answers_that_do_not_fit_are_refused(wrong: dict[str, list[str]]) -> None:
    with pytest.raises(BadAnswers):
        check(ASKED, wrong)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(BadAnswers) as refused:
        check(ASKED, {"kind": ["c"], "other": ["x"]})
    assert len(refused.value.sentences) == 3


def test_the_tree_speaks_the_language_asked_for() -> None:
    assert FLOOR.tree(1, "en")["description"] == "Which floor?"
    tree = KIND.tree(2, "zh")
    assert list(tree) == [
        "variable", "code", "datatype", "required", "datatype_description", "order", "description", "values",
    ]  # fmt: skip
    assert tree["values"] == [{"key": "a", "name": "甲"}, {"key": "b", "name": "乙"}]
    assert tree["datatype_description"] is None
