"""Every declared field goes when its term has ended, by one job that may run twice; and with a person who is erased."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from geoapp.accounts import actions as entering
from geoapp.accounts.appointments import actions as appointing
from geoapp.accounts.keeping.actions import keep_terms
from geoapp.accounts.people import VISITOR, Person, system
from geoapp.accounts.privacy import declared, personal_field
from geoapp.accounts.tables import people, personal_keys, sessions
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database
from geoapp.objects import ObjectStore, open_objects
from geoapp.reports.handling import actions as handling
from geoapp.reports.merging import actions as merging
from geoapp.reports.patrols import actions as patrols
from geoapp.reports.patrols.actions import NewPoint
from geoapp.reports.patrols.tables import visits
from geoapp.reports.people import Contact, Sender
from geoapp.reports.photos import actions as photographs
from geoapp.reports.photos.tables import photos
from geoapp.reports.receipts import actions as receipts
from geoapp.reports.sending.matter import Receipt
from geoapp.reports.tables import report_contact_keys, report_contacts, report_followers, report_texts, reports
from tests.reports.photos import corpus
from tests.reports.world import GRID, NOW, Town
from tests.signing_in import make_person

DAY = timedelta(days=1)
CAMERA = corpus.with_exif(corpus.tiff(corpus.CAMERA, inner=corpus.INNER, gps=corpus.GPS))
ME = "198.51.100.7"
SOMEBODY = Contact("测试居民", "13800001234", "a@example.org", "甲小区3号楼501")
#: Plants a field's value; gives what is left of it, which is falsy once it is gone.
Plant = Callable[[Town], Callable[[], Any]]


def one(database: Database, query: sa.Select[Any]) -> Any:
    with database.reading() as connection:
        return connection.execute(query).scalar_one_or_none()


def closed(town: Town, **more: Any) -> Receipt:
    receipt = town.send(**more)
    handling.refuse(
        town.database, town.secretary, receipt.report_key, "请拨 12306", outcome="not_ours", seen=1, now=NOW
    )
    return receipt


def contact(town: Town) -> Callable[[], Any]:
    receipt = closed(town, contact=SOMEBODY)
    query = sa.select(sa.func.count(report_contacts.c.sealed)).where(report_contacts.c.report_id == receipt.report_id)
    return lambda: (
        one(town.database, query) + one(town.database, sa.select(sa.func.count()).select_from(report_contact_keys))
    )


def mark(town: Town) -> Callable[[], Any]:
    """Of a sender who left nothing else, and of somebody who joined."""
    receipt = town.send(device="a phone")
    joined = receipts.join(town.database, VISITOR, receipt.number, sender=Sender(ME, "another"), now=NOW)
    assert joined.code
    handling.refuse(town.database, town.secretary, receipt.report_key, "请拨", outcome="not_ours", seen=1, now=NOW)
    mine = sa.select(reports.c.sender_sha256).where(reports.c.id == receipt.report_id)
    hers = sa.select(report_followers.c.device_sha256).where(report_followers.c.secret_sha256.is_not(None))
    return lambda: [v for v in (one(town.database, mine), one(town.database, hers)) if v]


def photograph(town: Town) -> Any:
    receipt, objects = town.send(), open_objects(town.database.settings)
    made = photographs.receive(town.database, objects, receipt.report_id, CAMERA, now=NOW)
    return objects, made


def original(town: Town) -> Callable[[], Any]:
    _, made = photograph(town)
    return lambda: one(town.database, sa.select(photos.c.original).where(photos.c.key == made.key))


def taken_at(town: Town) -> Callable[[], Any]:
    _, made = photograph(town)
    query = sa.select(photos.c.lon + photos.c.lat).where(photos.c.key == made.key)
    return lambda: one(town.database, query)


def patrol_words(town: Town) -> Callable[[], Any]:
    point = patrols.define(town.database, town.grid, NewPoint(name="配电箱", place_code=GRID), now=NOW)
    patrols.tick(town.database, town.grid, point.key, words="箱门关上了", now=NOW)
    return lambda: one(town.database, sa.select(visits.c.words))


def agent(town: Town) -> Callable[[], Any]:
    person = town.grid.person
    assert person is not None
    with town.database.transaction() as connection:
        entering.open_session(connection, person, agent="a browser")
        connection.execute(sessions.update().values(ended_at=NOW))
    return lambda: one(town.database, sa.select(sessions.c.agent))


def of_person(column: str) -> Plant:
    def plant(town: Town) -> Callable[[], Any]:
        person = make_person(town.database)
        mine = people.c.key == person.key
        values = {"email": "a@example.org", "phone": "13800001234", "issuer": "https://id.example", "subject": "s1"}
        with town.database.transaction() as connection:
            connection.execute(people.update().where(mine).values(**values, ended_at=NOW))

        def left() -> Any:
            found = one(town.database, sa.select(people.c[column]).where(mine))
            return None if found == "已注销" else found

        return left

    return plant


PLANTS: dict[str, Plant] = {
    "report.contact": contact,
    "report.mark": mark,
    "photo.original": original,
    "photo.place": taken_at,
    "patrol.words": patrol_words,
    "session.agent": agent,
    **{f"person.{name}": of_person(name) for name in ("login", "name", "email", "phone", "subject")},
}


def test_every_field_that_has_a_term_is_planted_here() -> None:
    assert set(PLANTS) == {field.key for field in declared() if field.kept_days is not None}


@pytest.mark.parametrize("key", PLANTS)
def test_31_each_field_goes_when_its_term_ends_and_not_before(town: Town, key: str) -> None:
    left = PLANTS[key](town)
    term = timedelta(days=personal_field(key).kept_days or 0)
    assert left(), "planted"
    keep_terms(town.database, now=NOW + term - timedelta(minutes=1))
    assert left(), "not before"
    assert sum(keep_terms(town.database, now=NOW + term + timedelta(minutes=1)).values()) >= 1
    assert not left(), "gone"
    assert sum(keep_terms(town.database, now=NOW + term + timedelta(minutes=1)).values()) == 0, "twice is once"
    assert trail.verify(town.database)[1] is None


@pytest.mark.engines
def test_contact_data_of_a_report_that_was_merged_go_with_the_case_that_it_joined(town: Town) -> None:
    db, phone = town.database, Contact(phone="13800001234")
    first, second, third = town.send(), town.send(contact=phone), town.send(contact=phone)
    for inner, outer in ((third, second), (second, first)):
        merging.merge(db, town.secretary, inner.report_key, outer.report_key, seen=town.case(inner.report_key).revision)
    keep_terms(db, now=NOW + 400 * DAY)
    count = sa.select(sa.func.count(report_contacts.c.sealed))
    assert one(db, count) == 2, "open cases keep them"
    seen = town.case(first.report_key).revision
    handling.refuse(db, town.secretary, first.report_key, "请拨", outcome="not_ours", seen=seen, now=NOW)
    keep_terms(db, now=NOW + 29 * DAY)
    assert one(db, count) == 2
    keep_terms(db, now=NOW + 31 * DAY)
    assert one(db, count) == 0


def resident_with_everything(town: Town) -> tuple[Person, Receipt, ObjectStore]:
    """A resident with an account who has sent a report, joined another and signed in."""
    person, db = town.resident.person, town.database
    assert person is not None
    sent = town.send("王某的车挡路", actor=town.resident, address="3号楼501", contact=SOMEBODY)
    objects = open_objects(db.settings)
    photographs.receive(db, objects, sent.report_id, CAMERA, now=NOW)
    other = town.send("路灯不亮", x=1.5)
    follow = Contact(phone="13900005678")
    receipts.join(db, town.resident, other.number, sender=Sender(ME, "d"), contact=follow, now=NOW)
    with db.transaction() as connection:
        entering.open_session(connection, person, agent="a browser of mine")
        connection.execute(people.update().where(people.c.id == person.id).values(email="r@example.org", phone="555"))
    return person, sent, objects


def test_31_a_person_is_handed_all_that_is_kept_of_her(town: Town) -> None:
    person, sent, _ = resident_with_everything(town)
    kept = appointing.export_person(town.database, town.resident, person.key, on=NOW.date())
    text = json.dumps(kept, ensure_ascii=False, default=str)
    for value in (
        "resident", "r@example.org", "555", "a browser of mine", "王某的车挡路", "3号楼501", "测试居民", "13800001234",
        "甲小区3号楼501", "13900005678", sent.number,
    ):  # fmt: skip
        assert value in text, value
    hers = next(each for each in kept["reports"] if each["number"] == sent.number)
    assert hers["photos"][0]["lon"] == pytest.approx(corpus.HERE[0], abs=1e-4)
    assert "路灯不亮" not in text, "another's words"


@pytest.mark.engines
def test_31_erasing_a_person_takes_back_all_and_the_cases_and_the_chain_stay(town: Town) -> None:
    person, sent, _ = resident_with_everything(town)
    db, before = town.database, trail.verify(town.database)[0]
    appointing.erase_person(db, system("test"), person.key, on=NOW.date())
    with db.reading() as connection:
        row = connection.execute(sa.select(people).where(people.c.id == person.id)).one()
        assert (row.name, row.login, row.email, row.phone, row.password_hash) == ("已注销", None, None, None, None)
        assert connection.execute(sa.select(sa.func.count()).select_from(sessions)).scalar_one() == 0
        assert connection.execute(sa.select(sa.func.count(report_contacts.c.sealed))).scalar_one() == 0
        assert connection.execute(sa.select(report_contact_keys)).all() == []
        assert connection.execute(sa.select(reports.c.person_id)).scalars().all() == [None, None]
        assert connection.execute(sa.select(report_followers.c.person_id)).scalars().all() == [None] * 2
        keys = connection.execute(sa.select(personal_keys.c.person_id)).scalars().all()
        texts = connection.execute(sa.select(report_texts.c.text).order_by(report_texts.c.id)).scalars().all()
        picture = connection.execute(sa.select(photos.c.original, photos.c.lon, photos.c.name)).one()
    assert person.id not in keys and texts == [None, "路灯不亮"] and tuple(picture) == (None, None, None)
    case = town.case(sent.report_key)
    assert (case.stage, case.address, case.sender_sha256) == ("collect", "", None)
    count, found = trail.verify(db)
    assert found is None and count > before
