"""Arbitrary requests to every operation of the OpenAPI document, in the name of every rank.

No fault of ours, and no answer that the document does not name. Half of them ask for things that there are: what fills
the address then comes from the rights matrix.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.offices import RANKS, ROWS, Office, Row, open_office, words_of

#: The test's transport leaves files that were sent to the collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Office]:
    with open_office(tmp_path_factory.mktemp("office"), migrated) as found:
        yield found


def operations(office: Office) -> Iterator[tuple[Any, list[Row]]]:
    """Every operation, with the rows of the matrix that are about it."""
    rows: dict[tuple[str, str], list[Row]] = {}
    for row in ROWS:
        rows.setdefault((row.method, row.route_in_document), []).append(row)
    for found in schemathesis.openapi.from_wsgi("/openapi.json", office.world.app).get_all_operations():
        operation = found.ok()
        yield operation, rows[operation.method.upper(), operation.path]


def send(office: Office, operation: Any, rows: list[Row], cases: int) -> tuple[int, set[str]]:
    """Send ``cases`` requests to one operation, each in the name of every rank; how many, and what was wrong."""
    sent, wrong = 0, set()

    @seed(20261122)
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy(), row=st.sampled_from([None, *rows]))
    def ask(case: Any, row: Row | None) -> None:
        nonlocal sent
        for rank in RANKS:
            words = None if row is None else words_of(office, row, rank, "own")
            if row is not None and words is not None:
                case.path_parameters = {name: words[name] for name in row.variables}
            sent += 1
            try:
                case.call_and_validate(checks=CHECKS, headers=office.headers(rank))
            except FailureGroup as failures:
                wrong.update(f"{operation.label} ({rank}): {failure}"[:400] for failure in failures.exceptions)

    before = office.version()
    ask()
    if office.version() != before:
        office.go_back()
    return sent, wrong


def send_all(office: Office, cases: int) -> int:
    """Send ``cases`` requests to every operation; all that was wrong is told at once."""
    found = [send(office, operation, rows, cases) for operation, rows in operations(office)]
    wrong = sorted(set().union(*(faults for _sent, faults in found)))
    assert not wrong, "\n".join(wrong)
    return sum(sent for sent, _faults in found)


def test_21_arbitrary_requests_in_the_name_of_every_rank_are_answered_as_documented(office: Office) -> None:
    assert send_all(office, 1) > 1000


@pytest.mark.long
def test_21_many_arbitrary_requests_are_answered_as_documented(office: Office) -> None:
    assert send_all(office, 60) > 20_000
