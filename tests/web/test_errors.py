"""Error answers have one shape, carry the security headers and say nothing of the inside."""

from typing import Any

import pytest
from apiflask import APIFlask
from flask import Response

from geoapp.errors import Conflict, Invalid, NoAnswer, NotFound, TooLarge, exit_code, http_status
from geoapp.web.errors import shape
from geoapp.web.rights import ANYBODY, needs


def test_an_unknown_page_is_a_page_in_chinese(client: Any) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "没有找到" in response.text
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]


def test_an_unknown_address_of_the_api_is_a_problem_document(client: Any) -> None:
    response = client.get("/api/nowhere")
    assert response.content_type == "application/problem+json"
    assert response.json["status"] == 404
    assert len(response.json["request_id"]) == 12


def test_a_fault_shows_no_trace(app: APIFlask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.add_url_rule("/boom", "boom", needs(ANYBODY)(lambda: 1 / 0))
    response = app.test_client().get("/boom")
    assert response.status_code == 500
    assert "ZeroDivision" not in response.text
    assert "Traceback" not in response.text


def test_a_protocol_below_its_prefix_has_errors_of_its_own_shape(app: APIFlask) -> None:
    shape(app, "/protocol/", lambda status, sentence: Response(f"<e>{sentence}</e>", min(status, 404)))
    client = app.test_client()
    inside, beside = client.get("/protocol/nowhere"), client.get("/protocols")
    assert (inside.status_code, inside.text[:3], inside.headers["X-Content-Type-Options"]) == (404, "<e>", "nosniff")
    assert beside.text[:3] != "<e>"


@pytest.mark.parametrize(
    ("family", "status", "code"),
    [(Invalid, 400, 2), (TooLarge, 413, 2), (NotFound, 404, 2), (Conflict, 409, 2), (NoAnswer, 422, 3)],
)
def test_each_family_has_a_status_and_an_exit_code(family: type, status: int, code: int) -> None:
    class Special(family):  # type: ignore[misc]
        pass

    assert (http_status(Special("x")), exit_code(Special("x"))) == (status, code)
