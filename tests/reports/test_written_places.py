"""What a resident writes instead of tapping a map: her address finds its grid, and she is told where it does not."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from apiflask import APIFlask

from geoapp.reports import store
from geoapp.reports.cases import Case
from geoapp.reports.placing import without_elsewhere
from geoapp.reports.sending.taking.actions import too_many
from geoapp.web.limits import limits_of
from tests.places.street import HOME
from tests.reports.orders import estates
from tests.reports.photos import corpus
from tests.reports.test_pages import key_of
from tests.reports.world import Town, spot


def sent(app: APIFlask, town: Town, **fields: str) -> tuple[Case, str]:
    """A report from the form without a script: the case, and what the receipt says at first."""
    phone = app.test_client()
    page = phone.get("/report").text
    answer = phone.post("/report", data={"key": key_of(page), **fields})
    assert answer.status_code == 303, answer.text
    with town.database.reading() as connection:
        newest = max(store.cases(connection, range(1, 20)))
        return store.case_by_id(connection, newest), phone.get(answer.location).text


@pytest.mark.parametrize(
    ("fields", "place", "evidence"),
    [
        ({"address": "绿景苑3号楼"}, f"{HOME}001", "building"),
        # Two houses of that name, in two grids of one community: its people know which.
        ({"address": "7号楼"}, HOME, "place"),
        ({"address": "那边", "words": "绿景苑3号楼门口路灯不亮"}, f"{HOME}001", "building"),
        ({"words": "绿景苑3号楼门口路灯不亮"}, f"{HOME}001", "building"),
        ({"address": "", "words": "绿景苑3号楼门口路灯不亮", "lon": "0", "lat": "0"}, f"{HOME}001", "building"),
    ],
)
def test_an_address_works_without_the_map(
    app: APIFlask, town: Town, fields: dict[str, Any], place: str, evidence: str
) -> None:
    estates.draw(town)
    case, receipt = sent(app, town, **{"words": "路灯不亮", **fields})
    assert (case.place_code[:15], case.duty_code[:12], case.evidence) == (place, HOME, evidence)
    assert "霞光里" in receipt and "没有认出" not in receipt


def test_a_pin_says_more_than_an_address(app: APIFlask, town: Town) -> None:
    estates.draw(town)
    there = spot(2.5, 3.0)
    case, _ = sent(app, town, words="灯不亮", address="绿景苑3号楼", lon=f"{there.lon:.6f}", lat=f"{there.lat:.6f}")
    assert (case.place_code[:15], case.evidence) == (f"{HOME}002", "pin")


def test_whoever_writes_of_a_place_that_nobody_knows_is_told(app: APIFlask, town: Town) -> None:
    estates.draw(town)
    case, receipt = sent(app, town, words="路灯不亮", address="大槐树旁边")
    assert case.place_code == ""
    assert "没有认出您说的地方" in receipt


def test_whoever_points_outside_of_the_area_is_told(app: APIFlask, town: Town) -> None:
    case, receipt = sent(app, town, words="路灯不亮", lon="121.47", lat="31.23")
    assert case.place_code == "" and "不在我们管的范围里" in receipt
    _, receipt = sent(app, town, words="路灯不亮", lon=f"{spot(0.5, 3.0).lon}", lat=f"{spot(0.5, 3.0).lat}")
    assert "不在我们管的范围里" not in receipt


def test_words_of_a_fire_are_answered_with_the_number_to_call(app: APIFlask, town: Town) -> None:
    here = {"lon": f"{spot(0.5, 3.0).lon}", "lat": f"{spot(0.5, 3.0).lat}"}
    assert "请马上打 119" in sent(app, town, words="楼道里着火了", **here)[1]
    assert "请马上打" not in sent(app, town, words="给电动车充电，怕着火", **here)[1]


def test_one_touch_dials_the_numbers_of_an_emergency(app: APIFlask, town: Town) -> None:
    for lang in ("zh", "en"):
        page = app.test_client().get(f"/report?lang={lang}").text
        assert re.findall(r'href="tel:(\d+)"', page) == ["119", "120", "110"]


def test_whoever_has_to_wait_keeps_her_words(app: APIFlask, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise too_many(89.5)

    monkeypatch.setattr("geoapp.reports.sending.actions.submit", full)
    phone, here = app.test_client(), {"lon": f"{spot(0.5, 3.0).lon}", "lat": f"{spot(0.5, 3.0).lat}"}
    key = key_of(phone.get("/report?lang=en").text)
    answer = phone.post("/report", data={"key": key, "words": "路灯不亮三天了", **here})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "90")
    assert "路灯不亮三天了" in answer.text and "try again in 90 seconds" in answer.text


def test_a_code_that_opens_nothing_leads_on(app: APIFlask, town: Town) -> None:
    """A resident before an old poster or with a torn receipt sees her own kind of page, in her language."""
    for path in ("/d/AAAAAAAAAAA.AAAAAAAAAAAAAAAA", "/r/" + "A" * 26):
        answer = app.test_client().get(f"{path}?lang=en")
        assert answer.status_code == 404
        assert 'href="/report"' in answer.text and 'href="/sign-in"' not in answer.text
        assert "no longer in use" in answer.text or "There is no such report" in answer.text


def test_of_what_nobody_sorted_only_what_sounds_alike_is_offered_as_the_same(app: APIFlask, town: Town) -> None:
    """Under the name of its kind, as the words are not released yet; a heap of rubbish is no lamp."""
    town.send("门口的路灯坏了，不亮", kind="unsorted")
    town.send("垃圾满了", kind="unsorted")
    town.send("路灯不亮", kind="lamp", x=0.55)
    at = spot(0.5, 3.0)

    def near(**more: str) -> list[tuple[str, str]]:
        query = {"lon": f"{at.lon}", "lat": f"{at.lat}", **more}
        found = app.test_client().get("/report/similar", query_string=query).json["near"]
        return sorted((each["kind"], each["words"]) for each in found)

    assert near(words="路灯又不亮了") == [("路灯不亮", ""), ("路灯不亮", "")]
    assert near(words="", kind="rubbish") == [("垃圾没人清", "")]
    assert near(words="有个问题") == []


def test_neighbours_behind_one_address_are_not_in_each_others_way(app: APIFlask) -> None:
    """Phones share an address: what stands before a view is wider than the throttle for shared ones (40 at once)."""
    for endpoint in (
        "intake.send_from_door",
        "intake.send_report",
        "intake.join",
        "receipts.not_mended",
        "receipts.add",
    ):
        (declared,) = (each for name, each in limits_of(app.view_functions[endpoint]) if name == "report")
        assert declared.burst >= 120


def test_a_photograph_taken_elsewhere_does_not_move_what_she_wrote(app: APIFlask, town: Town) -> None:
    """It was taken in another city: the address says where, and nobody is told that it lies outside."""
    estates.draw(town)
    far = corpus.with_exif(corpus.tiff({}, gps={**corpus.GPS, 3: (corpus.ASCII, b"W\0")}))
    fields = {"words": "路灯不亮", "address": "绿景苑3号楼", "photos": (io.BytesIO(far), "a.jpg", "image/jpeg")}
    case, receipt = sent(app, town, **fields)  # type: ignore[arg-type]
    assert (case.place_code[:15], case.evidence) == (f"{HOME}001", "building") and "不在我们管的范围里" not in receipt
    near, house = spot(1.0, 3.5, "exif"), spot(1.5, 3.5, "building")
    assert without_elsewhere([near, spot(7, 3, "exif"), spot(7, 3)], house) == [near, spot(7, 3)]
