"""Ground, charging, parking, stations and reports stand where they say they do."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import shapely

PICTURES = Path(__file__).parents[2] / "layers" / "demo"


def test_roads_cut_old_xiaguangli_without_slivers(read, metric) -> None:
    """Streets have a vertex at every crossing and share the outline's, so nothing under 1000 m2 is cut off."""
    old = next(row["shape"] for row in read("boundary_community") if row["households"] == 4560)
    lines = [row["shape"] for row in read("roads") if row["class"] != "path"]
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all([old.exterior, *lines])]))
    inside = [metric(face) for face in faces if old.contains(face.representative_point())]
    assert len(inside) == 16
    assert min(face.area for face in inside) > 1000.0


def test_roads_come_in_three_classes_and_say_which_names_are_invented(read) -> None:
    roads = read("roads")
    assert {row["class"] for row in roads} == {"arterial", "minor", "path"}
    real = {row["name"] for row in roads if not row["name_invented"]}
    assert {"东三环北路", "霄云路", "亮马桥路", "农展馆南路", "天泽路", "麦子店街"} <= real
    assert not any(row["class"] == "path" and not row["name_invented"] for row in roads)


def test_green_lies_clear_of_water_and_buildings(read) -> None:
    green = shapely.union_all([row["shape"] for row in read("green")])
    for name in ("water", "buildings"):
        other = shapely.union_all([row["shape"] for row in read(name)])
        assert green.intersection(other).area < 1e-13


def test_points_and_lots_lie_in_the_community_they_name(read) -> None:
    places = {row["code"]: row["shape"] for row in read("boundary_community") if row["valid_to"] is None}
    for name in ("charging", "parking_lots", "stations", "reports"):
        for row in read(name):
            assert places[row["community_code"]].contains(row["shape"]), row["id"]


def test_charging_and_parking_come_in_both_kinds(read) -> None:
    assert {row["kind"] for row in read("charging")} == {"car", "bicycle"}
    assert {row["kind"] for row in read("parking_lots")} == {"lot"}
    assert {row["kind"] for row in read("parking_kerbside")} == {"kerbside"}
    assert min(row["spaces"] for row in read("parking_lots") + read("parking_kerbside")) > 0


def test_every_community_has_its_station_and_liangmas_opens_with_the_split(read) -> None:
    stations = read("stations")
    for code in {row["community_code"] for row in stations}:
        kinds = [row["kind"] for row in stations if row["community_code"] == code]
        assert kinds.count("社区服务站") == kinds.count("党群服务中心") == 1
        assert "网格工作站" in kinds
    opened = {row["valid_from"] for row in stations if row["community_code"] == "110105012027"}
    assert opened == {"2021-07-01"}


def test_two_hundred_reports_have_a_state_that_follows_from_their_times(read) -> None:
    reports = read("reports")
    assert len(reports) == 200
    present = datetime.fromisoformat("2026-11-20T10:00:00Z")
    for row in reports:
        reported, due = (datetime.fromisoformat(row[field]) for field in ("reported_at", "due_at"))
        assert reported < due
        assert reported <= present
        if row["closed_at"]:
            assert row["state"] == "done"
            assert reported < datetime.fromisoformat(row["closed_at"]) <= present
        else:
            assert (row["state"] == "overdue") == (due < present)
    assert {row["state"] for row in reports} == {"new", "handling", "done", "overdue"}


def test_every_report_has_its_drawn_picture_and_every_picture_a_report(read) -> None:
    shown = {row["picture"] for row in read("reports")}
    assert shown == {path.relative_to(PICTURES).as_posix() for path in (PICTURES / "pictures").iterdir()}


def test_reports_stand_outside_all_buildings(read) -> None:
    built = shapely.STRtree([row["shape"] for row in read("buildings")])
    assert built.query([row["shape"] for row in read("reports")], predicate="within").size == 0
