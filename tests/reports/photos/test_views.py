"""Photographs over HTTP: by random names, to those who may, with headers that keep them from being anything else."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from PIL import Image

from geoapp.accounts.roles import Rank
from geoapp.app import create_app
from geoapp.db import utcnow
from geoapp.places.hierarchy import path_of
from geoapp.reports.photos import actions, store, views
from geoapp.reports.photos.photo import Photo
from tests import signing_in
from tests.places.street import EAST, HOME
from tests.reports.photos import corpus
from tests.reports.photos.test_actions import work
from tests.reports.world import GRID, Town

CAMERA = corpus.with_exif(corpus.tiff(corpus.CAMERA, inner=corpus.INNER, gps=corpus.GPS), corpus.jpeg())


@dataclass
class Place:
    """The application on the town's database, and one report with a photograph that is developed."""

    town: Town
    app: APIFlask
    key: str
    report_key: str

    def photo(self) -> Photo:
        with self.town.database.reading() as connection:
            return store.photo(connection, self.key)

    def signed_in(self, rank: Rank, code: str) -> Any:
        return signing_in.sign_in(self.app, self.app.test_client(), rank, path_of(code))

    def address(self, size: int = 640, *, ticket: bool = False) -> str:
        with self.app.test_request_context():
            make = views.ticketed_url if ticket else views.photo_url
            return make(self.photo(), size)


@pytest.fixture
def place(town: Town) -> Iterator[Place]:
    app = create_app(town.database.settings)
    app.config["TESTING"] = True
    receipt = town.send(now=utcnow())
    made = actions.receive(town.database, app.extensions["geoapp"]["objects"], receipt.report_id, CAMERA)
    work(town)
    yield Place(town, app, made.key, receipt.report_key)
    app.extensions["geoapp"]["database"].dispose()


def test_a_photograph_is_public_only_while_it_is_released(place: Place) -> None:
    officer, visitor = place.signed_in(Rank.GRID, GRID), place.app.test_client()
    address = place.address()
    assert visitor.get(address).status_code == 404
    assert officer.get(address).status_code == 200
    assert officer.post(f"/api/photos/{place.key}/release").json["photo"]["state"] == "released"
    assert visitor.get(address).status_code == 200
    assert officer.post(f"/api/photos/{place.key}/hide").json["photo"]["state"] == "hidden"
    assert visitor.get(address).status_code == 404
    assert officer.get(address).status_code == 200


def test_03_it_is_served_as_a_webp_and_as_nothing_else(place: Place) -> None:
    officer = place.signed_in(Rank.GRID, GRID)
    officer.post(f"/api/photos/{place.key}/release")
    for size in (2048, 640, 160):
        response = place.app.test_client().get(place.address(size))
        assert response.mimetype == "image/webp"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "private, max-age=60"
        assert Image.open(io.BytesIO(response.data)).format == "WEBP"
        assert response.data != CAMERA and not [s for s in corpus.SECRETS if s in response.data]


def test_what_is_not_public_is_kept_nowhere_and_shown_on_no_other_site(place: Place) -> None:
    response = place.signed_in(Rank.GRID, GRID).get(place.address())
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_browser_that_has_it_is_told_so_and_not_once_it_is_hidden(place: Place) -> None:
    officer, visitor = place.signed_in(Rank.GRID, GRID), place.app.test_client()
    officer.post(f"/api/photos/{place.key}/release")
    tag = visitor.get(place.address()).headers["ETag"]
    again = visitor.get(place.address(), headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    officer.post(f"/api/photos/{place.key}/hide")
    assert visitor.get(place.address(), headers={"If-None-Match": tag}).status_code == 404


ADDRESSES = [
    "/photos/..%2f..%2fgeoapp.sqlite/640.webp",
    "/photos/%2e%2e/640.webp",
    "/photos/..%5c..%5csecret.key/640.webp",
    "/photos/" + "0" * 32 + "/640.webp",
    "/photos/" + "0" * 31 + "/640.webp",
    "/photos/" + "A" * 32 + "/640.webp",
    "/photos/" + "0" * 300 + "/640.webp",
    "/photos/{name}/641.webp",
    "/photos/{name}/0.webp",
    "/photos/{name}/-1.webp",
    "/photos/{name}/640.svg",
    "/photos/{name}/640.webp/..",
    "/photos/{key}/640.webp",
    "/objects/originals",
]


def test_05_whatever_else_is_asked_for_is_not_there(place: Place) -> None:
    photo, officer = place.photo(), place.signed_in(Rank.GRID, GRID)
    asked = [address.format(name=photo.name, key=photo.key) for address in ADDRESSES]
    assert {address: officer.get(address).status_code for address in asked} == dict.fromkeys(asked, 404)


def test_05_a_null_in_an_address_is_refused(place: Place) -> None:
    assert place.app.test_client().get("/photos/%00/640.webp").status_code == 400


def test_05_the_name_that_somebody_gave_a_file_is_nowhere(place: Place) -> None:
    officer = place.signed_in(Rank.GRID, GRID)
    for number, name in enumerate(
        ["../../x.php", "a\0b.jpg", "x" * 300 + ".jpg", "\u202egpj.exe", "CON.jpg", "<b>.svg"]
    ):
        data = corpus.jpeg(Image.new("RGB", (30, 30), (30 * number, 0, 0)))
        sent = {"photo": (io.BytesIO(data), name, "image/svg+xml")}
        made = officer.post(f"/api/reports/{place.report_key}/photos", data=sent)
        assert made.status_code == 200, made.json
    listed = officer.get(f"/api/reports/{place.report_key}/photos")
    assert len(listed.json["photos"]) == 7
    told = re.sub(r"see=[^\"]*", "", listed.text)  # tickets are random letters, now and then these too
    for word in ("php", "xxx", "CON", "svg", "\u202e", "\\u202e", "originals/"):
        assert word not in told


def test_01_what_is_no_picture_is_refused_whatever_type_it_declares(place: Place) -> None:
    officer = place.signed_in(Rank.GRID, GRID)
    for sample in corpus._no_pictures():
        sent = {"photo": (io.BytesIO(sample.data), "photo.jpg", "image/jpeg")}
        refused = officer.post(f"/api/reports/{place.report_key}/photos", data=sent)
        assert refused.status_code == 400 and refused.json["detail"].endswith("。"), sample.name
    with place.town.database.reading() as connection:
        assert len(store.photos_of(connection, place.photo().report_id)) == 1


def test_02_more_than_one_photograph_may_have_is_refused_unread(place: Place) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="x.jpg"\r\n\r\n' + corpus.jpeg()
    body = head + bytes(27 << 20) + b"\r\n--b--\r\n"
    officer = place.signed_in(Rank.GRID, GRID)
    refused = officer.post(
        f"/api/reports/{place.report_key}/photos", data=body, content_type="multipart/form-data; boundary=b"
    )
    assert refused.status_code == 413


def test_06_nobody_sees_what_is_another_places(place: Place) -> None:
    address = place.address()
    for client in (
        place.app.test_client(),
        place.signed_in(Rank.GRID, HOME + "002"),
        place.signed_in(Rank.COMMUNITY, EAST),
        place.signed_in(Rank.RESIDENT, HOME),
        place.signed_in(Rank.HANDLER, HOME),
        place.signed_in(Rank.ADMINISTRATOR, HOME),
    ):
        assert client.get(address).status_code == 404
        assert client.get(f"/api/reports/{place.report_key}/photos").status_code in {401, 403, 404}
        for what in ("release", "hide"):
            assert client.post(f"/api/photos/{place.key}/{what}").status_code in {400, 401, 403, 404}
        assert client.post(f"/photos/{place.key}/original").status_code in {400, 401, 403, 404}
    assert place.photo().state == "ready"


def test_07_a_ticket_shows_it_to_the_holder_of_a_receipt_for_an_hour(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, address = place.app.test_client(), place.address(ticket=True)
    assert visitor.get(address).status_code == 200
    bare, _, ticket = address.partition("?see=")
    assert visitor.get(bare).status_code == 404
    assert visitor.get(f"{bare}?see={ticket[:-2]}xx").status_code == 404
    other = actions.receive(
        place.town.database, place.app.extensions["geoapp"]["objects"], place.photo().report_id, corpus.jpeg()
    )
    work(place.town)
    with place.town.database.reading() as connection:
        name = store.photo(connection, other.key).name
    assert visitor.get(f"/photos/{name}/640.webp?see={ticket}").status_code == 404  # a ticket is for one picture
    later = utcnow().timestamp() + timedelta(hours=2).total_seconds()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
    assert visitor.get(address).status_code == 404


def test_what_is_painted_over_is_gone_under_its_old_address_at_once(place: Place) -> None:
    officer, visitor = place.signed_in(Rank.GRID, GRID), place.app.test_client()
    officer.post(f"/api/photos/{place.key}/release")
    old = [place.address(size) for size in (2048, 640, 160)]
    shapes = [{"kind": "rect", "at": [0.2, 0.2, 0.3, 0.3]}]
    seen = place.photo().revision
    painted = officer.post(f"/api/photos/{place.key}/paint", json={"shapes": shapes, "seen": seen})
    assert painted.json["photo"]["sizes"] == {} and painted.json["photo"]["painted"]
    assert {visitor.get(address).status_code for address in old} == {404}
    stale = officer.post(f"/api/photos/{place.key}/paint", json={"shapes": [], "seen": seen})
    assert stale.status_code == 409
    work(place.town)
    new = [place.address(size) for size in (2048, 640, 160)]
    assert {visitor.get(address).status_code for address in new} == {200}
    assert {officer.get(address).status_code for address in old} == {404}


def test_16_nothing_but_shapes_can_be_set_by_painting(place: Place) -> None:
    before, officer = place.photo(), place.signed_in(Rank.GRID, GRID)
    for sent in (None, [], {}, {"shapes": 1}, {"shapes": [], "state": "released"}, {"shapes": [], "seen": True}):
        assert officer.post(f"/api/photos/{place.key}/paint", json=sent).status_code == 400
    assert place.photo() == before


def test_an_original_is_a_download_for_offices_only(place: Place) -> None:
    response = place.signed_in(Rank.COMMUNITY, HOME).post(f"/photos/{place.key}/original")
    assert response.data == CAMERA
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.mimetype == "application/octet-stream"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "private, no-store"
    assert place.signed_in(Rank.GRID, GRID).post(f"/photos/{place.key}/original").status_code == 403
    assert place.signed_in(Rank.COMMUNITY, HOME).get(f"/photos/{place.key}/original").status_code == 405


def test_17_officials_are_told_neither_ids_nor_names_of_objects(place: Place) -> None:
    listed = place.signed_in(Rank.GRID, GRID).get(f"/api/reports/{place.report_key}/photos")
    (photo,) = listed.json["photos"]
    assert set(photo) == {
        "key", "role", "by", "state", "width", "height", "reason", "revision", "shapes", "painted", "has_original",
        "lonlat", "taken_at", "received_at", "sizes",
    }  # fmt: skip
    assert (photo["width"], photo["height"], photo["by"]) == (96, 64, "sender")
