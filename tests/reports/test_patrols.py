"""巡访做报: points, ticking them off, what was found there, and who may see what."""

from __future__ import annotations

import csv
import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from geoapp.accounts.keeping.actions import keep_terms
from geoapp.accounts.people import Actor
from geoapp.accounts.roles import Rank
from geoapp.errors import Invalid, NotAllowed, NotFound
from geoapp.places.hierarchy import path_of
from geoapp.reports.patrols import actions, store
from geoapp.reports.patrols.actions import Finding, NewPoint
from geoapp.reports.patrols.rounds import Share
from geoapp.reports.patrols.store import Point
from geoapp.reports.patrols.tables import findings, points, visits
from tests import signing_in
from tests.places.street import EAST, HOME
from tests.reports.world import GRID, HOUR, NOW, Town, spot
from tests.worlds import PHOTO

DAY = 24 * HOUR
#: Friday 20 November 2026, as `NOW` is in Beijing.
TODAY = date(2026, 11, 20)


def at(x: float, y: float) -> tuple[float, float]:
    place = spot(x, y)
    return place.lon, place.lat


@pytest.fixture
def volunteer(town: Town) -> Actor:
    """小巷管家 of 霞光里."""
    grant = signing_in.held(Rank.VOLUNTEER, path_of(HOME))
    return Actor(signing_in.make_person(town.database, grant, login="volunteer"), (grant,))


@pytest.fixture
def box(town: Town) -> Point:
    """A switch box in grid 001, to be seen each day."""
    new = NewPoint(name="3号楼 配电箱", look="箱门关好没有", lonlat=at(0.5, 3.0))
    return actions.define(town.database, town.grid, new, now=NOW)


def lines(town: Town, who: Actor, first: date, last: date, now: Any) -> list[actions.Line]:
    return actions.overview(town.database, who, first=first, last=last, now=now)


# -- points --------------------------------------------------------------------------------------------------------


@pytest.mark.engines
def test_a_point_lies_where_its_pin_is_and_the_audit_tells(town: Town, box: Point) -> None:
    assert box.place_code.startswith(GRID), "the deepest place that holds it"
    assert (box.name, box.rhythm, box.since, box.ended_on) == ("3号楼 配电箱", "day", TODAY, None)
    named = actions.define(town.database, town.secretary, NewPoint(name="社区门口", place_code=HOME), now=NOW)
    assert (named.place_code, named.lon) == (HOME, None)
    with town.database.reading() as connection:
        told = connection.execute(sa.text("SELECT action, subject FROM audit_entry WHERE action LIKE 'patrols.%'"))
        assert list(told) == [("patrols.point-set-up", box.key), ("patrols.point-set-up", named.key)]


def test_a_point_is_set_up_and_moved_only_inside_ones_own_place(town: Town, box: Point) -> None:
    db = town.database
    with pytest.raises(NotAllowed, match="不在您的辖区里"):
        actions.define(db, town.grid, NewPoint(name="x", lonlat=at(3.5, 0.5)), now=NOW)
    with pytest.raises(NotAllowed):
        actions.change(db, town.grid, box.key, NewPoint(name="x", lonlat=at(3.5, 0.5)), now=NOW)
    for stranger in (town.grid2, town.east, town.manager, town.resident):
        with pytest.raises(NotFound):
            actions.change(db, stranger, box.key, NewPoint(name="x", lonlat=at(0.5, 3.0)), now=NOW)
        with pytest.raises(NotFound):
            actions.end(db, stranger, box.key, now=NOW)
    moved = actions.change(db, town.secretary, box.key, NewPoint(name="新", rhythm="week", place_code=HOME), now=NOW)
    assert (moved.key, moved.name, moved.rhythm, moved.place_code, moved.lon) == (box.key, "新", "week", HOME, None)


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (NewPoint(name="  "), "起个名字"),
        (NewPoint(name="x" * 81, place_code=GRID), "最多 80 字"),
        (NewPoint(name="x", rhythm="hour", place_code=GRID), "多久"),
        (NewPoint(name="x"), "在哪儿"),
        (NewPoint(name="x", lonlat=(0.0, 80.0)), "在哪儿"),
        (NewPoint(name="x", place_code="110105999999"), "没有编码"),
    ],
)
def test_what_cannot_be_a_point_is_said(town: Town, new: NewPoint, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        actions.define(town.database, town.street, new, now=NOW)


# -- ticking off ---------------------------------------------------------------------------------------------------


@pytest.mark.engines
def test_ticking_off_keeps_who_and_when_and_later_words_are_added(town: Town, box: Point, volunteer: Actor) -> None:
    db = town.database
    assert [s.is_due for s in actions.today(db, volunteer, now=NOW)] == [True]
    first = actions.tick(db, volunteer, box.key, now=NOW)
    assert (first.at, first.day, first.acts, first.words) == (NOW, TODAY, ("walk",), None)
    assert first.person_id == volunteer.person.id  # type: ignore[union-attr]
    (stop,) = actions.today(db, volunteer, now=NOW)
    assert (stop.is_due, [v.id for v in stop.visits]) == (False, [first.id])
    later = actions.tick(db, volunteer, box.key, acts=["mend"], words="把箱门关上了", now=NOW + HOUR)
    assert (later.id, later.at, later.acts, later.words) == (first.id, NOW, ("walk", "mend"), "把箱门关上了")
    again = actions.tick(db, volunteer, box.key, acts=["mend"], words="把箱门关上了", now=NOW + 2 * HOUR)
    assert again == later, "a form sent twice says nothing twice"
    (stop,) = actions.today(db, volunteer, now=NOW + DAY)
    assert stop.is_due and not stop.visits


def test_no_way_of_anybody_is_kept() -> None:
    """A visit has no place of its own; only points and the cases that came of them lie anywhere."""
    for table in (visits, findings):
        assert not {"lon", "lat", "geom", "accuracy_m", "address", "min_lon"} & set(table.columns.keys())
    assert {"lon", "lat"} <= set(points.columns.keys())


@pytest.mark.engines
def test_ten_presses_at_once_are_one_visit(town: Town, box: Point, volunteer: Actor) -> None:
    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(lambda _n: actions.tick(town.database, volunteer, box.key, now=NOW).id, range(10)))
    assert len(set(made)) == 1
    with town.database.reading() as connection:
        assert len(store.visits_to(connection, [box.id], first=TODAY, last=TODAY)) == 1


def test_whoever_does_not_walk_there_finds_no_point(town: Town, box: Point) -> None:
    for stranger in (town.grid2, town.east, town.resident, town.manager, town.parks):
        assert actions.today(town.database, stranger, now=NOW) == []
        with pytest.raises(NotFound):
            actions.tick(town.database, stranger, box.key, now=NOW)
        with pytest.raises(NotFound):
            actions.report_finding(town.database, stranger, box.key, Finding("门坏了"), now=NOW)
    with pytest.raises(NotAllowed, match="自己的账号"):
        actions.tick(town.database, Actor(system="test"), box.key, now=NOW)
    actions.end(town.database, town.grid, box.key, now=NOW)
    with pytest.raises(NotFound):
        actions.tick(town.database, town.grid, box.key, now=NOW)


def test_a_visit_this_week_is_enough_for_a_weekly_point(town: Town, volunteer: Actor) -> None:
    new = NewPoint(name="天台门", rhythm="week", place_code=HOME)
    point = actions.define(town.database, town.secretary, new, now=NOW - 30 * DAY)
    monday = NOW - 4 * DAY
    actions.tick(town.database, volunteer, point.key, now=monday)
    due = [actions.today(town.database, volunteer, now=monday + n * DAY)[0].is_due for n in range(8)]
    assert due == [False] * 7 + [True]


# -- findings ------------------------------------------------------------------------------------------------------


@pytest.mark.engines
def test_a_finding_is_a_case_at_the_points_place_that_goes_its_way(town: Town, box: Point, volunteer: Actor) -> None:
    sent = actions.report_finding(
        town.database, volunteer, box.key, Finding("灯不亮", "lamp"), sending_key="k" * 32, now=NOW
    )
    case = town.case(sent.report_key)
    assert (case.channel, case.kind, case.lon, case.lat) == ("patrol", "lamp", box.lon, box.lat)
    assert (case.place_code, case.duty_code, case.address) == (box.place_code, GRID, "3号楼 配电箱")
    (line,) = town.timeline(sent.report_key)
    assert (line.actor, line.data["patrol"]) == (volunteer.name, box.key)
    with town.database.reading() as connection:
        (visit,) = store.visits_to(connection, [box.id], first=TODAY, last=TODAY)
        assert visit.acts == ("report",)
        (found,) = store.found_at(connection, [box.id], first=TODAY, last=TODAY)
    assert (found.visit_id, found.key) == (visit.id, case.key)
    again = actions.report_finding(
        town.database, volunteer, box.key, Finding("灯不亮", "lamp"), sending_key="k" * 32, now=NOW
    )
    assert (again.report_key, again.again) == (case.key, True)
    # What is reported by other ways needs other rights: a volunteer takes no call down.
    with town.database.reading() as connection:
        assert len(store.found_at(connection, [box.id], first=TODAY, last=TODAY)) == 1


def test_a_volunteer_takes_down_nothing_but_what_she_found(town: Town, volunteer: Actor) -> None:
    from geoapp.reports.people import Sender
    from geoapp.reports.sending.actions import submit
    from geoapp.reports.sending.matter import Official, Sending

    for channel, code in (("phone", HOME), ("patrol", EAST), ("import", HOME)):
        sending = Sending(words="x", place_code=code, channel=channel)
        with pytest.raises(NotAllowed):
            submit(town.database, volunteer, sending, sender=Sender(), official=Official(), now=NOW)


# -- looking back --------------------------------------------------------------------------------------------------


@pytest.mark.engines
def test_the_overview_counts_what_was_due_and_is_over(town: Town, volunteer: Actor) -> None:
    """A daily point from Friday 20 on, seen on Friday, Saturday (twice, by two) and Tuesday; looked at on Tuesday.

    Friday to Monday are over: four due, two made. Tuesday is not over, and its visit does not count yet.
    """
    point = actions.define(town.database, town.grid, NewPoint(name="配电箱", lonlat=at(0.5, 3.0)), now=NOW)
    weekly = actions.define(
        town.database, town.secretary, NewPoint(name="天台", rhythm="week", place_code=HOME), now=NOW
    )
    for who, moment in (
        (volunteer, NOW),
        (volunteer, NOW + DAY),
        (town.grid, NOW + DAY + HOUR),
        (volunteer, NOW + 4 * DAY),
    ):
        actions.tick(town.database, who, point.key, now=moment)
    actions.report_finding(town.database, volunteer, point.key, Finding("灯不亮"), now=NOW + 4 * DAY)
    tuesday = TODAY + timedelta(days=4)
    by_name = {x.point.name: x for x in lines(town, town.secretary, TODAY - timedelta(days=20), tuesday, NOW + 4 * DAY)}
    assert by_name["配电箱"].share == Share(2, 4)
    assert by_name["配电箱"].last.at == NOW + 4 * DAY  # type: ignore[union-attr]
    assert len(by_name["配电箱"].found) == 1
    # The week in which it was set up had begun; the next is not over.
    assert (by_name["天台"].share, by_name["天台"].last) == (Share(0, 0), None)
    assert [x.point.name for x in lines(town, town.grid, TODAY, tuesday, NOW + 4 * DAY)] == ["配电箱"]
    assert lines(town, town.east, TODAY, tuesday, NOW + 4 * DAY) == []
    assert lines(town, volunteer, TODAY, tuesday, NOW + 4 * DAY) == [], "volunteers do not look each other's rounds up"
    actions.end(town.database, town.secretary, weekly.key, now=NOW + 4 * DAY)
    after = lines(town, town.secretary, tuesday, tuesday + timedelta(days=3), NOW + 8 * DAY)
    assert [x.point.name for x in after] == ["配电箱"]


def test_a_period_that_runs_backwards_or_is_forgotten_is_refused(town: Town) -> None:
    with pytest.raises(Invalid, match="要在前"):
        lines(town, town.secretary, TODAY, TODAY - timedelta(days=1), NOW)
    with pytest.raises(Invalid, match="只保存 400 天"):
        lines(town, town.secretary, TODAY - timedelta(days=400), TODAY, NOW)


# -- letting go ----------------------------------------------------------------------------------------------------


@pytest.mark.engines
def test_who_was_where_goes_in_its_time_and_with_the_account(town: Town, box: Point, volunteer: Actor) -> None:
    sent = actions.report_finding(town.database, volunteer, box.key, Finding("灯不亮"), now=NOW)
    actions.tick(town.database, volunteer, box.key, words="记一笔", now=NOW + DAY)
    person = volunteer.person
    assert person is not None
    with town.database.transaction() as connection:
        kept = actions.export(connection, person.id)
        assert [(k["point"], k["at"], k["words"]) for k in kept] == [
            ("3号楼 配电箱", NOW, None), ("3号楼 配电箱", NOW + DAY, "记一笔"),
        ]  # fmt: skip
        actions.erase(town.database, connection, town.street, person.id, now=NOW)
        assert [k["words"] for k in actions.export(connection, person.id)] == [None, None]
    assert keep_terms(town.database, now=NOW + 400 * DAY - HOUR)["geoapp.reports.patrols.actions:forget_visits"] == 0
    assert keep_terms(town.database, now=NOW + 400 * DAY)["geoapp.reports.patrols.actions:forget_visits"] == 1
    with town.database.reading() as connection:
        (left,) = actions.export(connection, person.id)
        assert left["at"] == NOW + DAY
        assert store.found_at(connection, [box.id], first=TODAY, last=TODAY) == []
    assert town.case(sent.report_key).channel == "patrol", "the case stays"


# -- pages ---------------------------------------------------------------------------------------------------------


def enter(app: APIFlask, who: Actor) -> Any:
    assert who.person is not None
    return signing_in.enter(app, app.test_client(), who.person)


def test_from_the_form_to_the_list_to_the_case_without_a_script(app: APIFlask, town: Town, volunteer: Actor) -> None:
    office, phone = enter(app, town.secretary), enter(app, volunteer)
    assert "还没有打卡点" in phone.get("/patrols").text
    lon, lat = at(0.5, 3.0)
    form = {"name": "配电箱", "look": "箱门", "rhythm": "day", "lon": str(lon), "lat": str(lat)}
    assert office.post("/patrols/points/new", data={**form, "name": ""}).status_code == 400
    assert office.post("/patrols/points/new", data=form).status_code == 303
    page = phone.get("/patrols").text
    address = re.search(r'href="(/patrols/points/[\w-]{11})"', page)
    assert address and "看过 0 个，还有 1 个" in page
    # A phone that sends its position along is not listened to.
    answer = phone.post(
        f"{address[1]}/tick", data={"acts": ["walk", "call"], "words": "问了商户", "lon": "9", "lat": "9"}
    )
    assert answer.status_code == 303
    page = phone.get(answer.location).text
    assert "已打卡：配电箱" in page and "该看的都看过了" in page
    page = phone.get(address[1]).text
    assert "问了商户" in page and "访：走访了居民、商户" in page and "您" in page
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    data = {"key": key[1], "words": "灯不亮", "photos": (io.BytesIO(PHOTO), "x.webp")}
    answer = phone.post(f"{address[1]}/finding", data=data)
    assert answer.status_code == 303
    assert re.search(r"已上报，受理编号 [\d-]+；", phone.get(address[1]).text)
    case = re.search(r'href="(/cases/[0-9a-f]{16})"', enter(app, town.grid).get("/cases").text)
    assert case
    seen = office.get(case[1]).text
    assert "灯不亮" in seen and "巡访" in seen and "volunteer" in seen
    assert case[1] not in phone.get(address[1]).text, "volunteers cannot open cases"
    overview = office.get("/patrols/overview").text
    assert case[1] in overview and "volunteer" in overview


def test_what_cannot_be_sent_is_said_and_the_words_stay(
    app: APIFlask, town: Town, box: Point, volunteer: Actor
) -> None:
    phone = enter(app, volunteer)
    answer = phone.post(f"/patrols/points/{box.key}/finding", data={"words": " "})
    assert answer.status_code == 400 and "写一句话" in answer.text
    data = {"words": "箱门坏了", "photos": (io.BytesIO(b"not a photo"), "x.jpg")}
    answer = phone.post(f"/patrols/points/{box.key}/finding", data=data)
    assert answer.status_code == 303, "the words are kept, the picture is told of"
    assert "照片没有收下" in phone.get(answer.location).text
    answer = phone.post(f"/patrols/points/{box.key}/tick", data={"words": "长" * 1001})
    assert answer.status_code == 400


def test_names_of_colleagues_are_for_whoever_sets_points_up(
    app: APIFlask, town: Town, box: Point, volunteer: Actor
) -> None:
    actions.tick(town.database, town.grid, box.key)
    assert "同事" in enter(app, volunteer).get("/patrols").text
    page = enter(app, volunteer).get(f"/patrols/points/{box.key}").text
    assert "同事" in page and ">grid<" not in page and " grid" not in page.partition("最近的巡访")[2]
    assert "grid" in enter(app, town.secretary).get(f"/patrols/points/{box.key}").text.partition("最近的巡访")[2]


def test_19_the_overview_is_a_table_for_spreadsheets_without_a_name_or_a_formula(
    app: APIFlask, town: Town, volunteer: Actor, box: Point
) -> None:
    actions.define(town.database, town.grid, NewPoint(name="=1+1", place_code=GRID, rhythm="week"), now=NOW)
    actions.tick(town.database, volunteer, box.key, now=NOW)
    asked = {"since": TODAY.isoformat(), "until": TODAY.isoformat()}
    answer = enter(app, town.secretary).get("/patrols/overview.csv", query_string=asked)
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert answer.text.startswith("\ufeff打卡点,")
    named = {row[0]: row[1:] for row in rows[1:]}
    assert named["3号楼 配电箱"][:2] == ["箱门关好没有", "每天"]
    assert named["3号楼 配电箱"][7:] == ["2026-11-20 10:00", "0", ""]
    assert named["'=1+1"][1] == "每周"
    assert "volunteer" not in answer.text
