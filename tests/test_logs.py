"""The log: one line per request that tells how it went; nothing that was sent, nothing forged, no words of a trace."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from apiflask import APIFlask
from flask import request

from geoapp import logs
from geoapp.accounts.roles import Rank
from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.logs import Lines, printable, trace
from geoapp.web.rights import ANYBODY, needs, no_cookie
from tests.signing_in import enter, held, make_person

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def written() -> Iterator[Callable[[Settings], io.StringIO]]:
    """Lets the log of some settings be written to a text."""
    root, waitress = logging.getLogger(), logging.getLogger("waitress")
    before, level, filters = root.handlers[:], root.level, waitress.filters[:]

    def begin(settings: Settings) -> io.StringIO:
        logs.install(settings)
        out = io.StringIO()
        root.handlers[0].setStream(out)  # type: ignore[attr-defined]
        return out

    yield begin
    root.handlers[:], waitress.filters[:] = before, filters
    root.setLevel(level)
    waitress.setLevel(logging.NOTSET)


def with_secrets(settings: Settings) -> APIFlask:
    """Views that do with what they get what views do: show it, fail on it, hand it to the database."""
    app = create_app(settings)

    def fails(code: str) -> str:
        raise ValueError(f"cannot read {code} {request.args} {request.form} {request.headers}")

    def breaks(code: str) -> str:
        with app.extensions["geoapp"]["database"].transaction() as connection:
            connection.exec_driver_sql("INSERT INTO nowhere VALUES (?)", (code + str(request.form),))
        return ""

    for name, view in (("shows", lambda code: code), ("fails", fails), ("breaks", breaks)):
        app.add_url_rule(f"/{name}/<code>", name, needs(ANYBODY)(no_cookie(view)), methods=["GET", "POST"])
    return app


@pytest.mark.parametrize("form", ["json", "text"])
def test_abuse_7_nothing_that_was_sent_is_in_the_log(
    settings: Settings, written: Callable[[Settings], io.StringIO], form: str
) -> None:
    """Codes in the path, the query, a form, headers, a cookie and JSON, to views that answer, fail and do not exist."""
    own = replace(settings, log_format=form)
    out, app = written(own), with_secrets(own)
    client = app.test_client()
    client.set_cookie("receipt", "SECRET-cookie")
    headers = {
        "Authorization": "Bearer SECRET-header",
        "Referer": "https://x/SECRET-referer",
        "User-Agent": "SECRET-ua",
    }
    for path in (
        "/shows/SECRET-path",
        "/fails/SECRET-path",
        "/breaks/SECRET-path",
        "/nowhere/SECRET-path",
        "/tiles/SECRET.pmtiles",
    ):
        client.get(path + "?code=SECRET-query", headers=headers)
        client.post(path + "?code=SECRET-query", headers=headers, data={"phone": "SECRET-form"})
        client.post(path, headers=headers, json={"name": "SECRET-json"})
        client.open(path, method="SECRET", headers=headers)
    text = out.getvalue()
    assert text.count("geoapp.requests") == 20
    assert "fails" in text and "ValueError" in text and "OperationalError" in text, "faults are told"
    assert "SECRET" not in text


def test_a_line_per_request_has_these_fields(settings: Settings, written: Callable[[Settings], io.StringIO]) -> None:
    own = replace(settings, log_format="json")
    app = with_secrets(own)
    person = make_person(app.extensions["geoapp"]["database"], held(Rank.GRID, ("110105",)))
    client = enter(app, app.test_client(), person)
    out = written(own)
    answer = client.get("/shows/abc?x=1", environ_overrides={"REMOTE_ADDR": "198.51.100.7"})
    line = json.loads(out.getvalue())
    assert line.pop("time").endswith("+08:00") and line.pop("ms") >= 0
    assert line == {
        "level": "info", "logger": "geoapp.requests", "message": "request", "request": answer.headers["X-Request-Id"],
        "method": "GET", "route": "/shows/<code>", "status": 200, "actor": person.key, "address": "198.51.100.0/24",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("keep", "expected"),
    [("full", "198.51.100.7"), ("short", "198.51.100.0/24"), ("none", None), ("hash", "12 letters")],
)
def test_of_an_address_the_setting_decides(
    settings: Settings, written: Callable[[Settings], io.StringIO], keep: str, expected: str | None
) -> None:
    own = replace(settings, log_format="json", log_addresses=keep)
    client, out = create_app(own).test_client(), written(own)
    for asker in ("198.51.100.7", "198.51.100.7", "198.51.100.8"):
        client.get("/health", environ_overrides={"REMOTE_ADDR": asker})
    kept = [json.loads(line)["address"] for line in out.getvalue().splitlines()]
    if keep == "hash":
        assert kept[0] == kept[1] != kept[2] and len(kept[0]) == 12
    else:
        assert kept[0] == expected


def test_a_failed_request_is_an_error_with_its_fault_and_place(
    settings: Settings, written: Callable[[Settings], io.StringIO]
) -> None:
    own = replace(settings, log_format="json")
    client, out = with_secrets(own).test_client(), written(own)
    number = client.get("/fails/x").headers["X-Request-Id"]
    fault, line = (json.loads(text) for text in out.getvalue().splitlines())
    assert number in fault["message"] and fault["fault"].startswith("ValueError at ")
    assert "test_logs.py" in fault["fault"] and "cannot read" not in fault["fault"]
    assert (line["level"], line["status"], line["request"]) == ("error", 500, number)


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_line_cannot_be_forged(form: str) -> None:
    """Line ends of every kind, terminal commands, signs that turn the writing around: one line comes of it."""
    evil = "a\n2026-11-21 info geoapp admin\r\x1b[2J\u2028\u0085\u202e\x00\ud800b"
    record = logging.LogRecord("geoapp", logging.INFO, "x.py", 1, "%s", (evil,), None)
    record.fields = {"route": evil}
    line = Lines(form, SHANGHAI).format(record)
    assert len(line.splitlines()) == 1 and line.isprintable()
    line.encode("utf-8")
    if form == "json":
        assert json.loads(line)["route"] == evil


def test_a_trace_goes_down_to_the_cause_without_words() -> None:
    def inner() -> None:
        raise KeyError("13800138000")

    try:
        try:
            inner()
        except KeyError as error:
            raise RuntimeError("13800138000") from error
    except RuntimeError as error:
        told = trace((type(error), error, error.__traceback__))
    assert told.startswith("RuntimeError at ") and "; from KeyError at " in told and "inner" in told
    assert "138" not in told.replace(__file__, "")


def test_what_can_be_printed_stays() -> None:
    assert printable("霞光里 1号楼 ✓ é 𠮷") == "霞光里 1号楼 ✓ é 𠮷"


def test_the_server_does_not_name_the_address_of_who_left(
    settings: Settings, written: Callable[[Settings], io.StringIO]
) -> None:
    out: Any = written(settings)
    logging.getLogger("waitress").error("Exception while serving /r/SECRET")
    assert "Exception" in out.getvalue() and "SECRET" not in out.getvalue()
