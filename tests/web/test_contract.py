"""Arbitrary requests to every operation of the OpenAPI document: no fault of ours, no answer that it does not name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, Phase, given, seed, settings
from itsdangerous import URLSafeTimedSerializer
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import signing_in

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def operations(app: APIFlask) -> Iterator[Any]:
    app.config["PROPAGATE_EXCEPTIONS"] = False  # a fault is an answer here, as it is in service
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    for found in schema.get_all_operations():
        yield found.ok()


def send(operation: Any, examples: int, headers: dict[str, str]) -> int:
    """Send ``examples`` requests to one operation; gives how many were sent."""
    sent = 0

    @seed(20261122)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        nonlocal sent
        sent += 1
        case.call_and_validate(checks=CHECKS, headers=headers)

    ask()
    return sent


def signed_in(app: APIFlask) -> dict[str, str]:
    """Headers of somebody who is administrator and planner of everything."""
    cookie = signing_in.chief_cookie(app, "")
    raw = app.session_interface.get_signing_serializer(app).loads(cookie["value"])["csrf_token"]  # type: ignore[attr-defined]
    token = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(raw)
    return {"Cookie": f"session={cookie['value']}", "X-CSRF-Token": token}


@pytest.mark.parametrize("who", ["visitor", "chief"])
def test_arbitrary_requests_are_answered_as_documented(app: APIFlask, who: str) -> None:
    headers = signed_in(app) if who == "chief" else {}
    assert sum(send(operation, 4, headers) for operation in operations(app)) > 100


@pytest.mark.long
def test_many_arbitrary_requests_are_answered_as_documented(app: APIFlask) -> None:
    headers = signed_in(app)
    assert sum(send(operation, 300, headers) for operation in operations(app)) > 10_000
