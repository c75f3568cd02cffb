"""Numbers in addresses end where columns end, and form fields have names."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(("number", "status"), [(2**31 - 1, 404), (2**31, 404), (10**30, 404)])
def test_a_number_beyond_every_column_is_not_there(client: Any, number: int, status: int) -> None:
    assert client.get(f"/api/layers/imports/{number}/set-aside.csv").status_code == status


@pytest.mark.parametrize("extra", [b"", b'; filename="x.geojson"'])
def test_a_part_of_a_form_without_a_name_is_refused(client: Any, extra: bytes) -> None:
    body = b"--b\r\nContent-Disposition: form-data" + extra + b"\r\n\r\nx\r\n--b--\r\n"
    response = client.post("/api/layers/import", data=body, content_type="multipart/form-data; boundary=b")
    assert response.status_code == 400
