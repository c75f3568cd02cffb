"""`docs/abuse.md` and the tests agree: each way of abuse has tests that carry its number, and all of these are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
NUMBERED = re.compile(r"^(?: {4})?(?:async )?def (test_(?:abuse_)?(\d{1,2})_\w+)\(", re.MULTILINE)
HEADING = re.compile(r"^## (\d+)\. (.+)$")
LISTED = re.compile(r"^- `(tests/\S+)::(test_\w+)`$")
NUMBERS = range(1, 35)


def written() -> dict[int, list[tuple[str, str]]]:
    """Tests of the document by number."""
    found: dict[int, list[tuple[str, str]]] = {}
    for line in (ROOT / "docs" / "abuse.md").read_text(encoding="utf-8").splitlines():
        if heading := HEADING.match(line):
            found[int(heading[1])] = []
        elif listed := LISTED.match(line):
            found[max(found)].append((listed[1], listed[2]))
    return found


def numbered() -> dict[int, set[tuple[str, str]]]:
    """Tests whose names begin with a number."""
    found: dict[int, set[tuple[str, str]]] = {}
    for path in TESTS.rglob("test_*.py"):
        for name, number in NUMBERED.findall(path.read_text(encoding="utf-8")):
            found.setdefault(int(number), set()).add((path.relative_to(ROOT).as_posix(), name))
    return found


def later(number: int) -> bool:
    """Does the document say that the part does not exist yet?"""
    text = (ROOT / "docs" / "abuse.md").read_text(encoding="utf-8")
    return re.search(rf"^## {number}\. .+\nLater: ", text, re.MULTILINE) is not None


def test_the_document_has_all_numbers_in_their_order() -> None:
    assert list(written()) == list(NUMBERS)


@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_listed_under_a_number_is_what_carries_it(number: int) -> None:
    listed, there = written()[number], numbered().get(number, set())
    assert len(listed) == len(set(listed)), "listed twice"
    assert set(listed) == there, f"not listed: {there - set(listed)}; no such test: {set(listed) - there}"
    assert bool(listed) != later(number), "no test, and nothing said of it; or a test of what does not exist"


def test_no_test_carries_another_number() -> None:
    assert set(numbered()) <= set(NUMBERS)
