"""Other people's clients against our server: PyPI's `three` (JSON) and `georeport` (JSON and XML), as they are."""

from __future__ import annotations

import io
import itertools
import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from apiflask import APIFlask
from PIL import Image

from geoapp.reports import store
from geoapp.reports.photos.store import photos_of
from tests.api.open311.conftest import BASE, LAT, LON, Server
from tests.places.street import DISTRICT

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    # `three` was written for Python 2; this name is all that its JSON side misses.
    itertools.ifilter = filter  # type: ignore[attr-defined]
    import georeport
    import three

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
FORMATS = ["json", "xml"]


@pytest.fixture
def address(server: Server, serve: Callable[[APIFlask], str]) -> str:
    return serve(server.app) + BASE


@pytest.fixture
def client(server: Server, address: str) -> Any:
    return three.Three(address, api_key=server.key)


def picture() -> io.BytesIO:
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 120, 40)).save(stream, "JPEG")
    stream.seek(0)
    stream.name = "lamp.jpg"
    return stream


def test_three_discovers_the_endpoint_that_it_then_uses(client: Any, address: str) -> None:
    found = client.discovery()
    assert json.loads(client.discovery(address + "/discovery.json")) == found
    (endpoint,) = found["endpoints"]
    assert endpoint["url"] == address and "application/json" in endpoint["formats"]


def test_three_reads_services_and_definitions(client: Any) -> None:
    listed = client.services()
    asked = next(one for one in listed if one["service_code"] == "bike-upstairs")
    assert asked["metadata"] is True
    questions = client.services("bike-upstairs")["attributes"]
    assert [question["code"] for question in questions] == ["WHERE", "FLOOR"]
    assert client.services(jurisdiction_id=DISTRICT) == listed


def test_three_makes_a_request_and_follows_it(client: Any) -> None:
    (made,) = client.post(
        "lamp", lat=LAT, long=LON, address="枣营路甲 3 号", name="San Zhang", phone="555-5555", email="a@example.org",
        description="三号楼门口的灯不亮", device_id="d1",
    )  # fmt: skip
    number = made["service_request_id"]
    (row,) = client.request(number)
    assert (row["service_request_id"], row["status"], row["description"]) == (number, "open", None)
    assert number in {one["service_request_id"] for one in client.requests()}
    assert number in {one["service_request_id"] for one in client.requests("lamp", status="open", count=100)}
    assert client.requests("lamp", status="closed") == []
    assert client.requests(start="01-01-2020", end="02-01-2020") == []


def test_three_sends_a_picture_as_the_part_media(server: Server, client: Any) -> None:
    (made,) = client.post("lamp", lat=LAT, long=LON, description="有照片", media=picture())
    with server.database.reading() as connection:
        case = store.case_by_number(connection, made["service_request_id"])
        (photo,) = photos_of(connection, case.id)
    assert (photo.kind, photo.width, photo.height) == ("jpeg", 64, 48)
    assert client.request(case.number)[0]["media_url"] is None


def test_three_answers_questions_one_by_one_and_several_at_once(client: Any) -> None:
    form = {"attribute[WHAT][]": ["water", "power"], "attribute[SINCE]": "2026-11-22T08:00:00+08:00"}
    (made,) = client.post("utility-cut", lat=LAT, long=LON, description="停水", **form)
    assert made["service_request_id"]
    (error,) = client.post("utility-cut", lat=LAT, long=LON, description="停水")
    assert error["code"] == 400


def test_three_is_told_what_is_wrong(client: Any, address: str) -> None:
    assert client.post("nothing", lat=LAT, long=LON)[0]["code"] == 404
    assert client.post("lamp")[0]["code"] == 400
    assert three.Three(address, api_key="wrong").post("lamp", lat=LAT, long=LON)[0]["code"] == 403
    assert client.request("999999999")[0]["code"] == 404
    assert client.token("999999999")[0]["code"] == 404


def test_three_exchanges_a_token_for_the_number(client: Any) -> None:
    (made,) = client.post("unsorted", lat=LAT, long=LON, description="不知道算哪类")
    assert "service_request_id" not in made
    (found,) = client.token(made["token"])
    assert found["token"] == made["token"] and set(found) == {"service_request_id", "token"}


@pytest.mark.parametrize("form", FORMATS)
def test_georeport_reads_services_and_definitions(address: str, form: str) -> None:
    client = georeport.GeoReport(address, output_format=form, jurisdiction=DISTRICT)
    listed = client.get_service_list()
    assert {one["service_code"] for one in listed} >= {"lamp", "bike-upstairs", "unsorted"}
    found = client.get_service_definition("bike-upstairs")
    assert found["service_code"] == "bike-upstairs"
    questions = found["attributes"] if form == "json" else found["attributes"]["attribute"]
    assert [(one["code"], str(one["order"])) for one in questions] == [("WHERE", "1"), ("FLOOR", "2")]


@pytest.mark.parametrize("form", FORMATS)
def test_georeport_lists_and_follows_requests(server: Server, address: str, form: str) -> None:
    numbers = [server.number(), server.number()]
    client = georeport.GeoReport(address, output_format=form)
    both = client.get_service_requests(service_request_id=",".join(numbers))
    assert {one["service_request_id"] for one in both} == set(numbers)
    soon = datetime.now(UTC) + timedelta(hours=1)
    window = {"start_date": f"{soon - timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}", "end_date": f"{soon:%Y-%m-%dT%H:%M:%SZ}"}
    listed = client.get_service_requests(service_code="lamp", status="open", **window)
    assert {one["service_request_id"] for one in listed} >= set(numbers)
    one = client.get_service_request(numbers[0])
    assert (one["service_request_id"], one["status"], one["service_code"]) == (numbers[0], "open", "lamp")
    assert float(one["lat"]) == round(LAT, 5)


@pytest.mark.parametrize("form", FORMATS)
def test_georeport_hears_of_what_is_not_there(address: str, form: str) -> None:
    client = georeport.GeoReport(address, output_format=form)
    with pytest.raises(requests.HTTPError, match="404"):
        client.get_service_request("999999999")
    with pytest.raises(requests.HTTPError, match="404"):
        client.get_service_definition("nothing")
    with pytest.raises(requests.HTTPError, match="404"):
        georeport.GeoReport(address, jurisdiction="city.example", output_format=form).get_service_list()
