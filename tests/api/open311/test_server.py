"""GeoReport v2, statement by statement: each answer is asked for as JSON and as XML, and both say the same."""

from __future__ import annotations

import io
import json
import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from PIL import Image

from geoapp.accounts.tables import audit_entries
from geoapp.reports import stages, store
from geoapp.reports.actions import desk
from geoapp.reports.contacts import store as contacts
from geoapp.reports.handling import actions as handling
from geoapp.reports.merging import actions as merging
from geoapp.reports.moderating import actions as moderating
from geoapp.reports.photos import actions as photo_actions
from geoapp.reports.photos import store as photo_store
from geoapp.reports.photos import tasks as photo_tasks
from geoapp.reports.receipts import actions as receipts
from geoapp.reports.tables import report_texts, reports
from tests.api.open311.conftest import BASE, LAT, LON, Server
from tests.places.street import DISTRICT, HOME
from tests.reports.orders import estates
from tests.reports.world import SYSTEM

FIELDS = [
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address",
    "address_id", "zipcode", "lat", "long", "media_url",
]  # fmt: skip


def case_of(server: Server, number: str) -> Any:
    with server.database.reading() as connection:
        return store.case_by_number(connection, number)


def words_of(server: Server, number: str) -> list[tuple[str, str, str, str | None]]:
    """Role, audience, state and text of all words of a report."""
    with server.database.reading() as connection:
        found = store.texts(connection, [case_of(server, number).id])
    return [(text.role, text.audience, text.state, text.text) for text in found]


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# -- discovery and services ------------------------------------------------------------------------------------------


def test_discovery_names_endpoint_formats_contact_and_where_keys_come_from(server: Server) -> None:
    found = server.get("discovery")
    assert found["contact"] and found["key_service"] and found["changeset"] == found["endpoints"][0]["changeset"]
    (endpoint,) = found["endpoints"]
    assert endpoint["specification"] == "http://wiki.open311.org/GeoReport_v2"
    assert endpoint["url"] == "http://localhost/open311/v2"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert endpoint["type"] == "test"  # production only where GEOAPP_ENV says so


def test_every_service_has_its_fields_and_one_of_the_three_types(server: Server) -> None:
    listed = server.get("services")
    assert len({one["service_code"] for one in listed}) == len(listed) > 20
    for one in listed:
        assert list(one) == ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"]
        assert one["type"] in {"realtime", "batch", "blackbox"} and isinstance(one["metadata"], bool)


def test_a_definition_has_questions_where_metadata_is_true_and_none_where_it_is_not(server: Server) -> None:
    for one in server.get("services"):
        found = server.get(f"services/{one['service_code']}")
        assert found["service_code"] == one["service_code"]
        assert bool(found["attributes"]) == one["metadata"]
        orders = [attribute["order"] for attribute in found["attributes"]]
        assert orders == list(range(1, len(orders) + 1))
    assert "service_code=nothing" in server.get("services/nothing", 404)[0]["description"]


def test_names_come_in_english_when_asked_for(server: Server) -> None:
    names = [one["service_name"] for one in server.get("services", lang="en")]
    assert all(name.isascii() for name in names)


# -- jurisdiction ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["services", "services/lamp", "requests", "requests/1", "tokens/1"])
def test_an_unknown_jurisdiction_is_404_everywhere_and_an_empty_one_is_none(server: Server, path: str) -> None:
    (error,) = server.get(path, 404, jurisdiction_id="city.example")
    assert error["code"] == 404 and "city.example" in error["description"]
    if path in {"services", "services/lamp", "requests"}:
        assert server.get(path, jurisdiction_id=DISTRICT) == server.get(path, jurisdiction_id="") == server.get(path)


def test_a_post_to_an_unknown_jurisdiction_is_404(server: Server) -> None:
    assert server.post(404, jurisdiction_id="city.example")[0]["code"] == 404
    assert server.post(jurisdiction_id=DISTRICT)[0]["service_request_id"]


# -- making requests -------------------------------------------------------------------------------------------------


def test_a_post_answers_one_request_with_a_number_and_no_token(server: Server) -> None:
    (made,) = server.post()
    assert list(made) == ["service_request_id", "service_notice", "account_id"]
    found = case_of(server, made["service_request_id"])
    assert (found.channel, found.kind, found.evidence, found.lon, found.lat) == ("open311", "lamp", "device", LON, LAT)
    assert found.place_code.startswith(HOME)


def test_a_post_answers_in_xml_too(server: Server) -> None:
    root = ElementTree.fromstring(server.post(form="xml").data)
    assert (root.tag, [child.tag for child in root]) == ("service_requests", ["request"])
    assert root.findtext("request/service_request_id")


@pytest.mark.parametrize("key", [None, "", "wrong", "' OR 1=1 --", "x" * 5000])
def test_without_a_key_nothing_is_made(server: Server, key: str | None) -> None:
    with server.database.reading() as connection:
        before = connection.execute(sa.select(sa.func.count()).select_from(reports)).scalar_one()
    (error,) = server.post(403, api_key=key)
    assert error["code"] == 403 and "api_key" in error["description"]
    with server.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(reports)).scalar_one() == before


def test_the_errors_of_a_post_come_in_the_format_asked_for(server: Server) -> None:
    response = server.post(403, form="xml", api_key="wrong")
    assert response.content_type == "text/xml; charset=utf-8"
    assert ElementTree.fromstring(response.data).findtext("error/code") == "403"


def test_a_service_that_is_not_there_is_404_and_none_at_all_is_400(server: Server) -> None:
    assert server.post(404, service_code="nothing")[0]["code"] == 404
    assert server.post(400, service_code="")[0]["code"] == 400


@pytest.mark.parametrize(
    "place",
    [{"lat": LAT, "long": LON}, {"address_string": "枣营路甲 3 号"}, {"address_id": HOME + "001"}],
    ids=["point", "address", "id"],
)
def test_one_of_the_three_locations_is_enough(server: Server, place: dict[str, Any]) -> None:
    number = server.number(**{"lat": None, "long": None, **place})
    found = case_of(server, number)
    assert found.address == place.get("address_string", "")
    assert found.place_code.startswith(HOME) or "address_string" in place


def test_an_address_is_looked_up_like_a_residents(server: Server) -> None:
    estates.draw(server.town)
    found = case_of(server, server.number(lat=None, long=None, address_string="绿景苑3号楼"))
    assert (found.place_code[:15], found.evidence) == (HOME + "001", "building")


@pytest.mark.parametrize(
    "place",
    [{"lat": None, "long": None}, {"lat": None}, {"long": ""}, {"lat": "95"}, {"lat": "x"},
     {"lat": None, "long": None, "address_id": "999999"}, {"lat": None, "long": None, "address_id": "' --"}],
)  # fmt: skip
def test_a_location_that_is_none_is_400(server: Server, place: dict[str, Any]) -> None:
    assert server.post(400, **place)[0]["code"] == 400


def test_a_service_and_a_place_are_all_that_is_needed(server: Server) -> None:
    number = server.number(description=None)
    assert words_of(server, number) == [("report", "public", "held", "路灯不亮")]


def test_4000_letters_are_taken_and_one_more_is_not(server: Server) -> None:
    number = server.number(description="字" * 4000)
    assert len(words_of(server, number)[0][3] or "") == 4000
    server.post(400, description="字" * 4001)
    server.post(400, description="<b>路灯</b>")


def test_answers_to_questions_are_for_those_who_handle_it(server: Server) -> None:
    number = server.number(
        **{"service_code": "utility-cut", "attribute[WHAT][]": ["water", "heat"],
           "attribute[SINCE]": "2026-11-20T08:00:00+08:00"}
    )  # fmt: skip
    note = words_of(server, number)[1]
    assert note[:2] == ("note", "internal")
    assert note[3] == "停了什么？ 水、暖气\n从什么时候开始？ 2026-11-20T08:00:00+08:00"


@pytest.mark.parametrize(
    "answers",
    [{}, {"attribute[WHAT]": "fire"}, {"attribute[WHAT]": "water", "attribute[OTHER]": "x"},
     {"attribute[WHAT]": "water", "attribute[SINCE]": "yesterday"}, {"attribute[WHAT": "water"}],
)  # fmt: skip
def test_answers_that_are_missing_or_do_not_fit_are_400(server: Server, answers: dict[str, str]) -> None:
    assert server.post(400, service_code="utility-cut", **answers)[0]["code"] == 400


def test_all_that_is_wrong_with_the_answers_is_told_at_once(server: Server) -> None:
    found = server.post(400, service_code="utility-cut", **{"attribute[OTHER]": "x"})
    assert [error["code"] for error in found] == [400, 400]


def test_17_personal_fields_go_to_the_contact_store_and_nowhere_else(server: Server) -> None:
    number = server.number(
        first_name="三",
        last_name="某",
        phone="555-5555",
        email="a@example.org",
        device_id="device-7",
        account_id="acc-9",
    )
    with server.database.reading() as connection:
        contact = contacts.sender(connection, case_of(server, number).id)
    assert contact is not None
    assert (contact.name, contact.phone, contact.email) == ("某三", "5555555", "a@example.org")
    shown = json.dumps([server.get(f"requests/{number}"), server.get("requests")], ensure_ascii=False)
    with server.database.reading() as connection:
        rows = connection.execute(sa.select(report_texts.c.text)).scalars().all()
        trail = connection.execute(sa.select(audit_entries.c.values_json)).scalars().all()
    for secret in ("某三", "5555555", "555-5555", "a@example.org", "device-7", "acc-9"):
        assert secret not in shown and secret not in str(rows) and secret not in str(trail)


def test_16_what_a_client_has_no_say_in_is_ignored(server: Server) -> None:
    """Mass assignment: none of these is a field of GeoReport."""
    number = server.number(
        stage="evaluate", state="closed", level="5", points="9999", person_id="1", duty_code=DISTRICT, hidden="1",
        service_request_id="123456789", released="1", outcome="done", illustrative="1", origin="12345",
    )  # fmt: skip
    found = case_of(server, number)
    assert (found.stage, found.outcome, found.person_id, found.hidden, found.illustrative, found.origin) == (
        "collect", None, None, False, False, "",
    )  # fmt: skip
    assert server.get(f"requests/{number}")[0]["description"] is None


def test_20_an_address_of_a_picture_is_kept_for_the_handler_and_never_opened(server: Server) -> None:
    heard: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.4)

        def listen() -> None:
            with suppress(TimeoutError):
                heard.append(listener.accept())

        ear = threading.Thread(target=listen)
        ear.start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/secret.jpg"
        (made,) = server.post(media_url=address)
        ear.join()
    assert heard == []
    assert "media_url" in made["service_notice"]
    assert address in (words_of(server, made["service_request_id"])[1][3] or "")
    assert server.get(f"requests/{made['service_request_id']}")[0]["media_url"] is None


def test_an_emergency_is_told_whom_to_ring_first(server: Server) -> None:
    assert "119" in server.post(service_code="fire-gas")[0]["service_notice"]
    (notice, *_rest) = server.get("services/fire-gas")["attributes"]
    assert notice["variable"] is False and "119" in notice["description"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("021-62345678转801", "02162345678-801"), ("13800138000/010-84561234", "13800138000"),
     ("（０１０）8456 1234", "01084561234"), ("138.0013.8000 13900139000", "13800138000"),
     ("+44 20 7946 0958", "+442079460958")],
)  # fmt: skip
def test_the_first_telephone_is_kept_as_it_is_dialled(server: Server, sent: str, kept: str) -> None:
    (made,) = server.post(phone=sent)
    with server.database.reading() as connection:
        contact = contacts.sender(connection, case_of(server, made["service_request_id"]).id)
    assert contact is not None and contact.phone == kept
    assert "电话" not in (made["service_notice"] or "")


def test_a_telephone_that_nobody_could_dial_is_told(server: Server) -> None:
    (made,) = server.post(phone="abc")
    assert "电话号码没有读懂" in made["service_notice"]


def test_a_point_beyond_the_district_is_taken_and_told_so(server: Server) -> None:
    assert "范围" in server.post(lat="31.2", long="121.4")[0]["service_notice"]


def test_26_the_same_key_of_a_client_makes_one_request(server: Server) -> None:
    client = server.app.test_client()
    form = {"api_key": server.key, "service_code": "lamp", "lat": LAT, "long": LON, "description": "又一盏"}
    numbers = {
        client.post(f"{BASE}/requests.json", data=form, headers={"Idempotency-Key": "a1"}).json[0]["service_request_id"]
        for _ in range(3)
    }
    other = client.post(f"{BASE}/requests.json", data=form, headers={"Idempotency-Key": "a2"})
    assert len(numbers) == 1 and other.json[0]["service_request_id"] not in numbers
    changed = {**form, "description": "别的话"}
    assert client.post(f"{BASE}/requests.json", data=changed, headers={"Idempotency-Key": "a1"}).status_code == 400


@pytest.mark.parametrize("kind", ["application/json", "text/xml", "text/plain"])
def test_23_bodies_of_other_kinds_are_400_and_never_parsed(server: Server, kind: str) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><request>&b;</request>'
    response = server.app.test_client().post(
        f"{BASE}/requests.xml", query_string={"api_key": server.key}, data=bomb, content_type=kind
    )
    assert response.status_code == 400
    assert ElementTree.fromstring(response.data).findtext("error/code") == "400"


def test_words_in_another_encoding_are_refused_and_not_stored_as_signs(server: Server) -> None:
    """GBK, declared or not; and a body that is no form is told so, not that its key is wrong."""
    client = server.app.test_client()
    words = "路灯不亮".encode("gbk")
    for said, declared in ((words, "; charset=GBK"), (words, ""), (quote(words).encode(), "")):
        body = f"api_key={server.key}&service_code=lamp&lat={LAT}&long={LON}&description=".encode() + said
        answer = client.post(
            "/open311/v2/requests.json", data=body, content_type="application/x-www-form-urlencoded" + declared
        )
        assert answer.status_code == 400 and "UTF-8" in answer.text
    answer = client.post("/open311/v2/requests.json", json={"api_key": server.key, "service_code": "lamp"})
    assert answer.status_code == 400 and "urlencoded" in answer.text


def test_a_request_is_traced_to_the_key_through_which_it_came(server: Server) -> None:
    key = case_of(server, server.number()).key
    with server.database.reading() as connection:
        entries = connection.execute(sa.select(audit_entries).where(audit_entries.c.subject == key)).all()
    filed = [entry for entry in entries if entry.action == "open311.file"]
    assert [json.loads(entry.values_json) for entry in filed] == [{"key": [None, "测试"]}]
    assert server.key not in str(entries)


# -- photographs -----------------------------------------------------------------------------------------------------


def jpeg(colour: int = 40) -> tuple[io.BytesIO, str]:
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 120, colour)).save(stream, "JPEG")
    stream.seek(0)
    return stream, "lamp.jpg"


def photos_of(server: Server, number: str) -> list[Any]:
    with server.database.reading() as connection:
        return photo_store.photos_of(connection, case_of(server, number).id)


@pytest.mark.usefixtures("darkroom")
def test_photographs_come_with_a_request_and_are_seen_once_released(server: Server) -> None:
    number = server.number(media=[jpeg(1), jpeg(2)])
    first, second = photos_of(server, number)
    assert (first.role, first.state) == ("report", "received")
    assert server.get(f"requests/{number}", extensions="true")[0]["media_url"] is None
    for photo in (first, second):
        photo_tasks.develop(server.database, lambda share, words: None, photo_id=photo.id)
    photo_actions.release(server.database, server.town.secretary, second.key)
    (row,) = server.get(f"requests/{number}", extensions="true")
    assert row["extended_attributes"]["photos"] == [row["media_url"]]
    seen = server.app.test_client().get(row["media_url"])
    assert (seen.status_code, seen.content_type) == (200, "image/webp")
    photo_actions.hide(server.database, server.town.secretary, second.key)
    assert server.get(f"requests/{number}")[0]["media_url"] is None
    assert server.app.test_client().get(row["media_url"]).status_code == 404


def test_a_photograph_alone_is_a_report(server: Server) -> None:
    number = server.number(description=None, media=jpeg())
    assert len(photos_of(server, number)) == 1


@pytest.mark.parametrize(
    "sent",
    [[(b"<html>x</html>", "lamp.jpg")], [(b"", "lamp.jpg")], [jpeg(), (b"<svg/>", "lamp.jpg")],
     [jpeg(number) for number in range(7)]],
    ids=["page", "nothing", "one of two", "seven"],
)  # fmt: skip
def test_1_what_is_no_photograph_is_400_and_nothing_is_kept(server: Server, sent: list[Any]) -> None:
    def kept() -> tuple[int, list[Any]]:
        folder = server.app.extensions["geoapp"]["settings"].data
        with server.database.reading() as connection:
            reported = connection.execute(sa.select(sa.func.count()).select_from(reports)).scalar_one()
        return reported, sorted(path.name for path in folder.rglob("*") if path.is_file() and "originals" in path.parts)

    before = kept()
    files = [(content if isinstance(content, io.BytesIO) else io.BytesIO(content), name) for content, name in sent]
    assert server.post(400, media=files)[0]["code"] == 400
    assert kept() == before


def test_a_refused_request_keeps_no_photograph(server: Server) -> None:
    folder = server.app.extensions["geoapp"]["settings"].data
    before = sum(1 for path in folder.rglob("*") if path.is_file() and "originals" in path.parts)
    server.post(404, service_code="nothing", media=jpeg(77))
    assert sum(1 for path in folder.rglob("*") if path.is_file() and "originals" in path.parts) == before


# -- tokens ----------------------------------------------------------------------------------------------------------


def test_a_batch_service_answers_a_token_that_becomes_the_number_once_somebody_sorted_it(server: Server) -> None:
    (made,) = server.post(service_code="unsorted")
    assert list(made) == ["token", "service_notice", "account_id"]
    token = made["token"]
    assert server.get(f"tokens/{token}") == [{"service_request_id": None, "token": token}]
    with server.database.reading() as connection:
        row = connection.execute(sa.select(reports).order_by(reports.c.id.desc()).limit(1)).one()
    handling.classify(server.database, server.town.secretary, row.key, "lamp", seen=row.revision)
    assert server.get(f"tokens/{token}") == [{"service_request_id": row.number, "token": token}]
    assert server.get(f"requests/{row.number}")[0]["service_code"] == "lamp"


def test_an_unknown_token_is_404(server: Server) -> None:
    assert server.get("tokens/12345", 404)[0]["code"] == 404


# -- asking for requests ---------------------------------------------------------------------------------------------


def test_a_row_has_all_fields_in_their_order_and_only_the_state_is_public_at_once(server: Server) -> None:
    number = server.number(description="三号楼门口的灯", address_string="三号楼二单元 501")
    (row,) = server.get(f"requests/{number}")
    assert list(row) == FIELDS
    assert (row["service_request_id"], row["status"], row["status_notes"]) == (number, "open", "收到了")
    assert (row["service_code"], row["service_name"]) == ("lamp", "路灯不亮")
    assert row["description"] is row["media_url"] is None
    assert row["agency_responsible"] == "霞光里社区（网格）"
    assert (row["address"], row["address_id"]) == ("霞光里社区，麦子店街道，朝阳区", HOME)
    assert (row["lat"], row["long"]) == (round(LAT, 5), round(LON, 5))
    for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
        assert datetime.fromisoformat(row[name]).tzinfo is not None and row[name].endswith("Z")
    case = case_of(server, number)
    assert row["expected_datetime"] == stamp(case.due_at)
    assert row in server.get("requests")


def test_18_words_and_address_are_there_once_they_are_released_and_gone_once_hidden(server: Server) -> None:
    number = server.number(description="三号楼门口的灯", address_string="三号楼门口")
    case = case_of(server, number)
    with server.database.reading() as connection:
        (text, *_notes) = store.texts(connection, [case.id])
    moderating.release(server.database, server.town.secretary, case.key, [text.id])
    (row,) = server.get(f"requests/{number}")
    assert (row["description"], row["address"]) == ("三号楼门口的灯", "三号楼门口")
    with desk(server.database, server.town.secretary) as at:
        moderating.hide_at(at, at.open(case.key))
    assert server.get(f"requests/{number}", 404)[0]["code"] == 404
    assert number not in str(server.get("requests"))


def test_the_fine_state_stands_in_the_notes_and_its_level_in_the_agency(server: Server) -> None:
    number = server.number()
    case, town = case_of(server, number), server.town
    case = handling.accept(server.database, town.grid, case.key, seen=case.revision)
    case = handling.answer(server.database, town.grid, case.key, "换了灯泡", seen=case.revision)
    assert server.get(f"requests/{number}")[0]["status"] == "open"
    handling.verify(server.database, town.secretary, case.key, passed=True, seen=case.revision)
    (row,) = server.get(f"requests/{number}")
    assert (row["status"], row["status_notes"]) == ("closed", "办完了"), "the answer may name what the words name"
    with server.database.reading() as connection:
        report = next(text for text in store.texts(connection, [case.id]) if text.role == "report")
    moderating.release(server.database, town.secretary, case.key, [report.id])
    (row,) = server.get(f"requests/{number}", extensions="true")
    assert (row["status"], row["status_notes"]) == ("closed", "办完了：换了灯泡")
    assert row["updated_datetime"] == stamp(case_of(server, number).closed_at)
    assert row["extended_attributes"] == {"stage": "evaluate", "state": "done", "level": "grid", "photos": []}
    assert server.get(f"requests/{number}", lang="en")[0]["status_notes"] == "done: 换了灯泡"
    with desk(server.database, town.secretary) as at:
        again = at.open(case.key)
        move = stages.check(again.stage, "not_mended", stages.Standing(receipt=True))
        receipts.again(at, again, move, text_id=None, by="sender", solved=False)
    assert server.get(f"requests/{number}")[0]["status_notes"] == "办理中", "it was no answer"


def test_merged_and_withdrawn_reports_are_closed_and_say_so(server: Server) -> None:
    kept, other = case_of(server, server.number()), case_of(server, server.number())
    merging.merge(server.database, server.town.secretary, other.key, kept.key, seen=other.revision)
    (row,) = server.get(f"requests/{other.number}")
    assert (row["status"], row["status_notes"]) == ("closed", f"和别人反映的同一件事，一起办 ({kept.number})")
    gone = server.number()
    with server.database.transaction() as connection:
        connection.execute(reports.update().where(reports.c.number == gone).values(stage="withdrawn"))
    (row,) = server.get(f"requests/{gone}", lang="en")
    assert (row["status"], row["status_notes"]) == ("closed", "withdrawn")


def test_an_unknown_number_is_404_alone_and_left_out_of_a_list(server: Server) -> None:
    known = server.number()
    assert server.get("requests/999999999", 404)[0]["code"] == 404
    both = server.get("requests", service_request_id=f"999999999,{known}")
    assert [row["service_request_id"] for row in both] == [known]


def test_numbers_override_all_other_filters(server: Server) -> None:
    one, other = server.number(), server.number()
    found = server.get("requests", service_request_id=f"{one}, {other}", status="closed", service_code="cover",
                       start_date="2020-01-01T00:00:00Z", end_date="2020-01-02T00:00:00Z")  # fmt: skip
    assert {row["service_request_id"] for row in found} == {one, other}


def test_filters_by_service_state_and_time_and_the_latest_first(server: Server) -> None:
    numbers = [server.number(service_code=code) for code in ("cover", "cover", "tree")]
    everything = server.get("requests")
    times = [row["requested_datetime"] for row in everything]
    assert times == sorted(times, reverse=True)
    covers = server.get("requests", service_code="cover,tree", status="open")
    assert {row["service_request_id"] for row in covers} >= set(numbers)
    assert {row["service_code"] for row in covers} == {"cover", "tree"}
    assert server.get("requests", service_code="nothing") == []
    assert {row["status"] for row in server.get("requests", status="closed")} <= {"closed"}
    now = datetime.now(UTC)
    before = server.get("requests", start_date=stamp(now - timedelta(days=9)), end_date=stamp(now - timedelta(days=1)))
    assert before == []
    during = server.get(
        "requests", start_date=stamp(now - timedelta(hours=1)), end_date=stamp(now + timedelta(hours=1))
    )
    assert len(during) == len(everything)


def test_what_is_older_than_90_days_has_to_be_asked_for(server: Server) -> None:
    number = server.number()
    old = datetime.now(UTC) - timedelta(days=100)
    with server.database.transaction() as connection:
        connection.execute(reports.update().where(reports.c.number == number).values(reported_at=old))
    assert number not in {row["service_request_id"] for row in server.get("requests")}
    window = {"start_date": stamp(old - timedelta(days=1)), "end_date": stamp(old + timedelta(days=1))}
    assert [row["service_request_id"] for row in server.get("requests", **window)] == [number]
    assert server.get(f"requests/{number}")[0]["service_request_id"] == number


def test_pages_follow_one_another_without_a_gap(server: Server) -> None:
    for _ in range(5):
        server.number(service_code="pests")
    whole = [row["service_request_id"] for row in server.get("requests", service_code="pests")]
    paged = [
        row["service_request_id"]
        for page in (1, 2, 3, 4)
        for row in server.get("requests", service_code="pests", page=page, page_size=2)
    ]
    assert paged == whole and len(whole) >= 5


@pytest.mark.parametrize(
    "query",
    [{"start_date": "yesterday"}, {"end_date": "2026-01-01"}, {"status": "fixed"}, {"page": "0"}, {"page_size": "1e9"},
     {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-02T00:00:00Z"}, {"page": "1); DROP TABLE report; --"},
     {"service_request_id": "\x00"}, {"service_code": "\x00"}],
)  # fmt: skip
def test_21_what_is_malformed_is_400(server: Server, query: dict[str, str]) -> None:
    assert server.get("requests", 400, **query)[0]["code"] == 400


@pytest.mark.parametrize("value", ["' OR '1'='1", "%", "_", "1e400", "--", "../../etc/passwd", "𝟏"])
def test_21_strange_numbers_codes_and_tokens_find_nothing(server: Server, value: str) -> None:
    assert server.get("requests", service_request_id=value) == []
    assert server.get("requests", service_code=value) == []


# -- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "status"), [("nowhere", 404), ("services/a/b", 404), ("requests/", 404)])
def test_addresses_that_are_not_there_answer_errors_of_the_protocol(server: Server, path: str, status: int) -> None:
    client = server.app.test_client()
    as_json, as_xml = client.get(f"{BASE}/{path}.json"), client.get(f"{BASE}/{path}.xml")
    assert as_json.status_code == as_xml.status_code == status
    assert as_json.json[0]["code"] == status
    assert ElementTree.fromstring(as_xml.data).findtext("error/code") == str(status)


def test_a_format_that_is_none_is_404_in_xml(server: Server) -> None:
    response = server.app.test_client().get(f"{BASE}/services.yaml")
    assert (response.status_code, response.content_type) == (404, "text/xml; charset=utf-8")


def test_a_method_that_is_none_is_an_error_of_the_protocol_too(server: Server) -> None:
    response = server.app.test_client().delete(f"{BASE}/requests.json")
    assert (response.status_code, response.json[0]["code"]) == (405, 405)


def test_no_cookie_is_needed_and_none_is_given(server: Server) -> None:
    response = server.app.test_client().get(f"{BASE}/requests.json")
    assert "Set-Cookie" not in response.headers


# -- several districts -----------------------------------------------------------------------------------------------


def test_where_there_are_several_districts_one_has_to_be_named(
    tmp_path_factory: pytest.TempPathFactory, migrated: Any
) -> None:
    from geoapp.places.actions import load_places
    from geoapp.places.records import PlaceRecord
    from tests.api.open311.conftest import make_server
    from tests.places.street import FIRST, squares

    server = make_server(tmp_path_factory.mktemp("two"), migrated)
    records = [PlaceRecord("110106", "丰台区", squares(10, 0, 14, 4))]
    load_places(server.database, records, on=FIRST, by=SYSTEM)
    number = server.number(jurisdiction_id=DISTRICT)
    assert "jurisdiction_id" in server.get("requests", 400)[0]["description"]
    assert "jurisdiction_id" in server.get("services", 400)[0]["description"]
    assert [row["service_request_id"] for row in server.get("requests", jurisdiction_id=DISTRICT)] == [number]
    assert server.get("requests", jurisdiction_id="110106") == []
    server.database.dispose()
