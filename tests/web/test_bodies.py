"""Bodies: what is too large is refused before it is read, by its declared length or as soon as it grows too long."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from apiflask import APIFlask
from flask import jsonify, request
from werkzeug.test import create_environ, run_wsgi_app

from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.web.bodies import most_bytes, takes
from geoapp.web.rights import ANYBODY, needs, no_cookie

MIB = 1 << 20


class Endless(io.RawIOBase):
    """A body without end that counts what was read of it."""

    read_bytes = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return 0  # the test client would measure it

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def readinto(self, buffer: Any) -> int:
        self.read_bytes += len(buffer)
        buffer[:] = b"x" * len(buffer)
        return len(buffer)


def open_to_all(view: Any) -> Any:
    return needs(ANYBODY)(no_cookie(view))


@pytest.fixture
def app(settings: Settings) -> APIFlask:
    app = create_app(replace(settings, max_upload_mib=3))
    app.add_url_rule("/echo", "echo", open_to_all(lambda: jsonify(request.get_json())), methods=["POST"])
    app.add_url_rule("/raw", "raw", open_to_all(lambda: str(len(request.get_data()))), methods=["POST"])
    five = takes(mib=5)(lambda: str(len(request.get_data())))
    app.add_url_rule("/five", "five", open_to_all(five), methods=["POST"])
    form = open_to_all(lambda: jsonify(request.form))
    app.add_url_rule("/form", "form", form, methods=["POST"])
    return app


def test_the_limit_of_an_address_is_known_before_its_body(app: APIFlask) -> None:
    """1 MiB by default, what a view declares, the setting (3) and one more around files for uploads."""
    known = {
        ("POST", "/raw"): 1,
        ("POST", "/five"): 5,
        ("POST", "/api/layers/import"): 4,
        ("POST", "/nowhere"): 1,
        ("GET", "/api/layers/import"): 1,
        ("BREW", "/five"): 1,
        ("POST", "//evil/\ufffd"): 1,
    }
    assert {key: most_bytes(app, *key) / MIB for key in known} == known


@pytest.mark.parametrize(("path", "most"), [("/raw", MIB), ("/five", 5 * MIB)])
def test_the_last_byte_is_taken_and_one_more_is_not(app: APIFlask, path: str, most: int) -> None:
    client = app.test_client()
    assert client.post(path, data=b"x" * most).text == str(most)
    assert client.post(path, data=b"x" * (most + 1)).status_code == 413


def test_abuse_2_a_declared_length_is_refused_before_a_byte_is_read(app: APIFlask) -> None:
    body = Endless()
    answer = app.test_client().post("/raw", input_stream=body, environ_overrides={"CONTENT_LENGTH": str(MIB + 1)})
    assert answer.status_code == 413 and body.read_bytes == 0
    assert "1 MiB" in answer.text


def test_abuse_2_a_body_in_chunks_is_refused_while_it_is_read(app: APIFlask) -> None:
    """Chunks declare no length; the server hands them on as they come (gunicorn)."""
    body = Endless()
    environ = {**create_environ("/raw", method="POST"), "wsgi.input": body, "wsgi.input_terminated": True}
    environ["HTTP_TRANSFER_ENCODING"] = "chunked"
    assert "CONTENT_LENGTH" not in environ
    _, status, _ = run_wsgi_app(app, environ)
    assert status.startswith("413")
    assert body.read_bytes < 2 * MIB
    for size, expected in ((MIB, "200"), (MIB + 1, "413")):
        environ["wsgi.input"] = io.BytesIO(b"x" * size)
        assert run_wsgi_app(app, environ)[1].startswith(expected)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'["a\\u0000b"]',
        b'{"a\\u0000": 1}',
        b'["\\ud800"]',
        b'{"deep": [{"er": "\\uDFFF"}]}',
        b"[NaN]",
        b"[Infinity]",
        b"[" + b"1" * 5000 + b"]",
        b"\xff\xfe",
        b"",
    ],
)  # fmt: skip
def test_abuse_21_json_that_no_part_wants_to_meet_is_400(app: APIFlask, body: bytes) -> None:
    answer = app.test_client().post("/echo", data=body, content_type="application/json")
    assert answer.status_code == 400


def test_text_beyond_the_first_plane_is_text(app: APIFlask) -> None:
    """𠮷 is one character whose escape is written with two halves."""
    answer = app.test_client().post("/echo", data=b'["\\ud842\\udfb7", "\\u5c0f"]', content_type="application/json")
    assert json.loads(answer.data) == ["𠮷", "小"]


def test_a_form_holds_text(app: APIFlask) -> None:
    client = app.test_client()
    assert client.post("/form", data={"a": "小院"}).json == {"a": "小院"}
    assert client.post("/form", data={"a": "b\0c"}).status_code == 400
    assert client.post("/form", data={"a": "b\0c", "file": (io.BytesIO(b"x"), "x")}).status_code == 400


@pytest.mark.parametrize("path", ["/api/map/search?q=a%00b", "/api/places/x%00y", "/?lang=%00", "/static/%00"])
def test_nul_in_an_address_is_400(app: APIFlask, path: str) -> None:
    assert app.test_client().get(path).status_code == 400
