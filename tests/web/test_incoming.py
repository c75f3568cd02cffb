"""Numbers in addresses end where columns end, and form fields have names."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder

from geoapp.web.incoming import StrictRequest


@pytest.mark.parametrize(("number", "status"), [(2**31 - 1, 404), (2**31, 404), (10**30, 404)])
def test_a_number_beyond_every_column_is_not_there(client: Any, number: int, status: int) -> None:
    assert client.get(f"/api/layers/imports/{number}/set-aside.csv").status_code == status


@pytest.mark.parametrize("extra", [b"", b'; filename="x.geojson"'])
def test_a_part_of_a_form_without_a_name_is_refused(client: Any, extra: bytes) -> None:
    body = b"--b\r\nContent-Disposition: form-data" + extra + b"\r\n\r\nx\r\n--b--\r\n"
    response = client.post("/api/layers/import", data=body, content_type="multipart/form-data; boundary=b")
    assert response.status_code == 400


@pytest.mark.parametrize("size", [0, 1, 64 << 10, 1_000_003])
def test_a_file_of_a_form_is_read_as_it_was_sent(size: int) -> None:
    """Line ends and dashes as the boundary begins with them lie across the pieces that the parser reads."""
    sent = bytes(random.Random(size).choices(b"\r\n-ab", k=size))
    builder = EnvironBuilder(method="POST", data={"words": "x", "photos": (io.BytesIO(sent), "x.jpg")})
    request = StrictRequest(builder.get_environ())
    with request.environ["wsgi.input"]:
        assert request.form["words"] == "x"
    file = request.files["photos"]
    assert (file.read(), file.read()) == (sent, b"")
    file.seek(0)
    assert file.read() == sent
