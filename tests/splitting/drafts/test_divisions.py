"""The planner's main job through HTTP: ask for a division of the demo's 霞光里, look, hand over, undo, name."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask

from geoapp.app import create_app
from geoapp.demo.actions import load_demo
from geoapp.splitting.drafts import tasks
from tests.engines import SQLITE
from tests.founding import BEFORE, CODE, WISH, ask, listed
from tests.signing_in import chief

pytestmark = pytest.mark.engines
only_sqlite = pytest.mark.engines(SQLITE)


@pytest.fixture(scope="module")
def demo(module_installations: Any, engine: str, founded: Path) -> Iterator[APIFlask]:
    """The application with the demo in it, made once per engine; on SQLite with the founding division too."""
    with module_installations("var") as settings:
        if engine == SQLITE:
            shutil.copytree(founded, settings.data, dirs_exist_ok=True)
        else:
            load_demo(settings)
        app = create_app(settings)
        yield app
        app.extensions["geoapp"]["database"].dispose()


@pytest.fixture
def web(demo: APIFlask) -> Any:
    return chief(demo)


@pytest.fixture(scope="module")
def division(demo: APIFlask, engine: str) -> dict[str, Any]:
    """On PostgreSQL without its further plans: their search takes longest, and knows nothing of the database."""
    if engine == SQLITE:
        return listed(demo)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "further_plans", lambda *_: [])
        return ask(demo, WISH)


def test_the_founding_division_is_found_and_proved(division: dict[str, Any]) -> None:
    """2970 + 1590: 20 + 11 posts, 16 there, 15 missing, 147 households each instead of 285, 48 % less."""
    assert division["state"] == "ready"
    first = division["plans"][0]
    score = first["score"]
    assert [(p["name"], p["households"], p["staff_min"]) for p in score["parts"]] == [
        ("霞光里", 2970, 20),
        ("亮马", 1590, 11),
    ]
    assert (score["staff_now"], score["shortfall"], score["load_now"], round(score["load"])) == (16, 15, 285, 147)
    assert round(score["load_change_share"], 2) == -0.48
    assert score["compounds_cut"] == [] and score["warnings"] == []
    assert first["proof"]["sentence"] == "已验证：在下列条件下，没有代价更低的界线"
    assert any("2800 至 3000 户" in words for words in first["proof"]["conditions"])
    assert first["has_certificate"]


@only_sqlite
def test_three_to_five_plans_differ_by_five_per_cent(division: dict[str, Any], web: Any) -> None:
    households = web.get(f"/api/divisions/{division['id']}/units").json["households"]
    plans = [plan["part_of"] for plan in division["plans"]]
    assert 3 <= len(plans) <= 5
    for i, one in enumerate(plans):
        for other in plans[:i]:
            apart = sum(h for h, a, b in zip(households, one, other, strict=True) if a != b)
            assert min(apart, 4560 - apart) >= 0.05 * 4560


def test_every_stored_result_names_what_it_came_from(division: dict[str, Any]) -> None:
    assert {row["key"] for row in division["inputs"]} >= {"buildings", "compounds", "roads"}
    assert all(row["illustrative"] for row in division["inputs"])
    assert division["indicators"]["split.staff_min"] == 1
    assert len(division["inputs_sha256"]) == 64 and division["version"] and division["wish"]["seed"] == 1


def test_a_hand_over_makes_a_draft_and_numbers_follow(division: dict[str, Any], web: Any) -> None:
    """The computed plan stays; 霞光里36号院, 140 households, goes to 亮马: 2830 + 1730, 19 + 12 posts."""
    address = f"/api/divisions/{division['id']}/plans"
    ground = web.get(f"/api/divisions/{division['id']}/units").json
    units = [i for i, name in enumerate(ground["compounds"]) if name == "霞光里36号院"]
    draft = web.post(f"{address}/1/steps", json={"units": units, "to": 2}).json
    assert draft["based_on"] == 1 and draft["number"] > len(division["plans"])
    assert [p["households"] for p in draft["score"]["parts"]] == [2830, 1730]
    assert [p["staff_min"] for p in draft["score"]["parts"]] == [19, 12]
    assert draft["proof"]["sentence"].startswith("人工调整稿，未验证")
    assert web.get(f"{address}/1").json["part_of"] == division["plans"][0]["part_of"]
    evaluated = web.post(f"{address}/1/evaluate", json={"part_of": draft["part_of"]}).json
    assert evaluated == draft["score"]


def test_undo_and_redo_survive_a_reload(division: dict[str, Any], web: Any) -> None:
    address = f"/api/divisions/{division['id']}/plans"
    first = division["plans"][0]["part_of"]
    unit = first.index(1)
    draft = web.post(f"{address}/1/steps", json={"units": [unit], "to": 2}).json
    here = f"{address}/{draft['number']}"
    again = web.post(f"{here}/steps", json={"units": [first.index(2)], "to": 1, "revision": draft["revision"]}).json
    assert again["number"] == draft["number"] and not again["can_redo"]
    undone = web.post(f"{here}/undo", json={}).json
    assert undone["part_of"] == draft["part_of"] and undone["can_redo"]
    assert web.get(here).json["can_redo"]
    assert web.post(f"{here}/redo", json={}).json["part_of"] == again["part_of"]
    web.post(f"{here}/undo", json={})
    assert web.post(f"{here}/undo", json={}).json["part_of"] == first
    assert web.post(f"{here}/undo", json={}).status_code == 409
    # A new step after an undo: what was undone is gone.
    web.post(f"{here}/steps", json={"units": [unit], "to": 2})
    assert web.post(f"{here}/redo", json={}).status_code == 409


def test_two_windows_do_not_overwrite_each_other(division: dict[str, Any], web: Any) -> None:
    address = f"/api/divisions/{division['id']}/plans"
    draft = web.post(f"{address}/1/copy", json={"name": "第二窗口"}).json
    here = f"{address}/{draft['number']}/steps"
    assert web.post(here, json={"units": [0], "to": 2, "revision": draft["revision"]}).status_code == 200
    late = web.post(here, json={"units": [1], "to": 2, "revision": draft["revision"]})
    assert late.status_code == 409 and "刷新" in late.json["detail"]


def test_a_plan_and_its_communities_can_be_named(division: dict[str, Any], web: Any) -> None:
    address = f"/api/divisions/{division['id']}/plans"
    draft = web.post(f"{address}/1/copy", json={}).json
    named = web.post(
        f"{address}/{draft['number']}/names", json={"name": "送审稿", "part_names": ["霞光里", "亮马桥"]}
    ).json
    assert named["name"] == "送审稿" and [p["name"] for p in named["score"]["parts"]] == ["霞光里", "亮马桥"]
    twice = web.post(f"{address}/{draft['number']}/names", json={"part_names": ["霞光里", "霞光里"]})
    assert twice.status_code == 400


def test_too_many_households_are_said_so(division: dict[str, Any], web: Any) -> None:
    """亮马's 霞光里东北区 has a building to spare: any hand-over that lifts 霞光里 above 3000 is marked."""
    ground = web.get(f"/api/divisions/{division['id']}/units").json
    units = [i for i, name in enumerate(ground["compounds"]) if name == "天泽路8号院"]
    given = web.post(f"/api/divisions/{division['id']}/plans/1/steps", json={"units": units, "to": 1}).json
    first, second = given["score"]["parts"]
    assert (first["households"], second["households"]) == (3110, 1450)
    assert first["mark"] == "超过3000户"


def test_asking_again_computes_nothing_twice(demo: APIFlask, division: dict[str, Any]) -> None:
    database = demo.extensions["geoapp"]["database"]
    outcome = tasks.divide(database, lambda *_: None, division_id=division["id"])
    assert outcome == {"division": division["id"], "state": "ready"}


def test_conditions_that_clash_have_no_plan_and_a_reason(demo: APIFlask) -> None:
    found = ask(demo, {"on": BEFORE, "sizes": "between", "ranges": [[100, 1000]]})
    assert (found["state"], found["plans"]) == ("none", [])
    assert "4560" in found["reason"]


@only_sqlite
def test_three_parts_are_divided_too(demo: APIFlask) -> None:
    found = ask(demo, {"on": BEFORE, "parts": 3, "sizes": "tolerance", "tolerance": 0.2, "seconds": 6.0})
    score = found["plans"][0]["score"]
    assert sum(p["households"] for p in score["parts"]) == 4560
    assert all(p["pieces"] == 1 and 1216 <= p["households"] <= 1824 for p in score["parts"])


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"parts": 1}, "社区个数"),
        ({"parts": "2"}, "社区个数"),
        ({"parts": 2.0}, "社区个数"),
        ({"sizes": "big"}, "sizes"),
        ({"sizes": "ranges", "ranges": [[1, 2]]}, "户数范围"),
        ({"sizes": "between", "ranges": [[5, 1]]}, "下限不能大于上限"),
        ({"sizes": "between", "ranges": [[1, 1e9]]}, "整数"),
        ({"tolerance": 2}, "允许偏差"),
        ({"part_names": ["甲", "甲"]}, "社区名称"),
        ({"part_names": ["甲", ""]}, "社区名称"),
        ({"keep": "all"}, "整体保留"),
        ({"profiles": ["fast"]}, "fast"),
        ({"stations": [{"name": "新站", "lon": 200, "lat": 39.9}]}, "经度"),
        ({"on": "yesterday"}, "日期"),
        ({"colour": 1}, "colour"),
        ([], "JSON 对象"),
    ],
)
def test_a_wish_that_cannot_be_read_gets_one_sentence(web: Any, wish: Any, words: str) -> None:
    answer = web.post(f"/api/places/{CODE}/divisions", json=wish)
    assert answer.status_code in {400, 404}, answer.text
    assert words in answer.json["detail"] and "Traceback" not in answer.text


def test_what_cannot_be_divided_is_told(web: Any) -> None:
    assert web.post("/api/places/110105012/divisions", json={}).status_code == 400
    assert web.post("/api/places/110105012099/divisions", json={}).status_code == 404
    assert web.post(f"/api/places/{CODE}/divisions", data="parts=2").status_code == 400
    assert web.get("/api/divisions/0123").status_code == 404


@pytest.mark.parametrize(
    "body",
    [{"units": [], "to": 1}, {"units": [99999], "to": 1}, {"units": [0], "to": 3}, {"units": [0.5], "to": 1},
     {"units": [True], "to": 1}, {"to": 1}, {"units": [0], "to": 1, "x": 1}],
)  # fmt: skip
def test_a_hand_over_that_cannot_be_read_changes_nothing(division: dict[str, Any], web: Any, body: Any) -> None:
    before = web.get(f"/api/divisions/{division['id']}").json["plans"]
    assert web.post(f"/api/divisions/{division['id']}/plans/1/steps", json=body).status_code == 400
    assert len(web.get(f"/api/divisions/{division['id']}").json["plans"]) == len(before)


def test_divisions_of_a_community_are_listed_latest_first(division: dict[str, Any], web: Any) -> None:
    listed = web.get(f"/api/places/{CODE}/divisions").json["divisions"]
    assert division["id"] in [one["id"] for one in listed]
    assert [one["created_at"] for one in listed] == sorted((one["created_at"] for one in listed), reverse=True)
