"""The chain shows an altered entry, a dropped one, one put in, and a tail cut off."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geoapp.accounts.audit import GENESIS, Entry, digest_of, first_break


def chain(length: int) -> list[Entry]:
    entries: list[Entry] = []
    previous = GENESIS
    for number in range(1, length + 1):
        at = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=number)
        blank = Entry(number, at, "p1", "places.adopt", f"s{number}", "110105", {"staff": [16, 20]}, "r", previous, "")
        entries.append(replace(blank, digest=digest_of(blank)))
        previous = entries[-1].digest
    return entries


def head(entries: list[Entry]) -> tuple[int, str]:
    return entries[-1].number, entries[-1].digest


def test_an_untouched_chain_holds() -> None:
    entries = chain(5)
    assert first_break(entries, head=head(entries)) is None
    assert first_break([], head=None) is None


@pytest.mark.parametrize("field", ["actor", "action", "subject", "place", "request_id"])
def test_an_altered_word_is_found(field: str) -> None:
    entries = chain(5)
    entries[2] = replace(entries[2], **{field: "x"})  # type: ignore[arg-type]
    found = first_break(entries, head=head(entries))
    assert found is not None and found.number == 3


def test_an_altered_value_with_a_hash_to_fit_breaks_the_next_link() -> None:
    entries = chain(5)
    forged = replace(entries[2], values={"staff": [16, 99]})
    entries[2] = replace(forged, digest=digest_of(forged))
    found = first_break(entries, head=head(entries))
    assert found is not None and found.number == 4


def test_a_dropped_entry_is_found() -> None:
    entries = chain(5)
    whole = head(entries)
    del entries[2]
    found = first_break(entries, head=whole)
    assert found is not None and found.number == 3


def test_a_cut_tail_is_found_by_the_head_outside() -> None:
    entries = chain(5)
    found = first_break(entries[:3], head=head(entries))
    assert found is not None and found.number == 4 and "截断" in found.reason


def test_a_wholly_rewritten_chain_is_found_by_the_head_outside() -> None:
    entries, other = chain(5), chain(4)
    forged = replace(entries[4], subject="other", digest="")
    rewritten = [*other, replace(forged, digest=digest_of(forged))]
    found = first_break(rewritten, head=head(entries))
    assert found is not None and found.number == 5
    assert first_break(rewritten, head=None) is None


def test_entries_written_after_the_noted_head_are_well() -> None:
    entries = chain(5)
    assert first_break(entries, head=head(entries[:3])) is None
