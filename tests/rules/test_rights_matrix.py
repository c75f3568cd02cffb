"""Who may ask for what, where: every route, by every rank, at her own place, below, beside and above it.

`rights_matrix.csv` was written by hand from what each route is for, not from the code that decides: this test imports
nothing from `geoapp.accounts.roles`. A real request is sent for each letter:

  A  allowed: an answer below 400
  D  refused as not allowed: 401, 403, a page's way to the sign-in, or a choice that is not among those offered (400)
  H  hidden: 404, as if it were not there
  N  answered, and nothing was done to the case: it was one of several that were chosen
  -  there is no such thing

A row is one route and method for one kind of object. Where the object lies at a place, a cell has four letters: own
place, below it, beside it, above it. Each rank is held where it usually is (`HELD_AT`). ``with`` fills the address,
``send`` is the body. A refused request has changed nothing, nor
has a GET: the database is looked at after each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.offices import RELATIONS, ROWS, Office, Row, ask, open_office, words_of

#: Handing out an original file is told in the audit, which is all that it writes.
TOLD = {"/api/layers/imports/<int:import_id>/original"}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Office]:
    with open_office(tmp_path_factory.mktemp("office"), migrated) as found:
        yield found


def test_the_matrix_has_a_row_for_every_route_and_no_other(office: Office) -> None:
    app = office.world.app
    routes = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    rows = {(row.method, row.route) for row in ROWS}
    assert rows == routes, f"no row: {sorted(routes - rows)}; no route: {sorted(rows - routes)}"
    twice = [key for key, count in Counter((r.method, r.route, r.object) for r in ROWS).items() if count > 1]
    assert not twice


def test_every_cell_is_written(office: Office) -> None:
    for row in ROWS:
        for rank, cell in row.cells.items():
            one = not row.is_placed or rank == "visitor"
            assert set(cell) <= set("ADHN-") and len(cell) == (1 if one else 4), f"{row.name}: {rank}={cell}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_15_each_rank_is_answered_as_the_matrix_says(office: Office, row: Row, request: pytest.FixtureRequest) -> None:
    if row.route in {"/", "/static/<path:name>", "/report-worker.js"}:
        request.getfixturevalue("built_client")
    wrong = []
    for rank, cell in row.cells.items():
        for relation, expected in zip(RELATIONS, cell, strict=False):
            values = words_of(office, row, rank, relation)
            if values is None or expected == "-":
                assert (values is None) == (expected == "-"), f"{row.name}: {rank} {relation} exists, or does not"
                continue
            before, case = office.version(), office.case(values.get("key", ""))
            status, where, words = ask(office, row, rank, values)
            changed = office.version() != before
            seen = letter(status, where, expected)
            if seen == "A" and expected in "AN" and "N" in cell:
                seen = "N" if office.case(values["key"]) == case else "A"
            if seen != expected:
                wrong.append(f"{rank} {relation}: {seen} ({status} {where} {words}) where {expected} is written")
            elif expected in "DH" and changed:
                wrong.append(f"{rank} {relation}: refused, and yet something was written")
            elif row.method == "GET" and changed and row.route not in TOLD:
                wrong.append(f"{rank} {relation}: looking wrote something")
            if changed:
                office.go_back()
    assert not wrong, f"{row.name}\n" + "\n".join(wrong)


def letter(status: int, where: str, expected: str) -> str:
    """What an answer means at first sight: A, D or H; the status itself for what no cell can say."""
    if status in {401, 403} or (status == 303 and where.startswith("/sign-in?")) or (status == 400 and expected == "D"):
        return "D"
    if status == 404:
        return "H"
    return "A" if status < 400 else str(status)
