"""Units of small worlds: households known, shared out, estimated; groups; what is set aside."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from click.testing import CliRunner
from pyproj import CRS

from geoapp.geo.measure import areas_m2, in_degrees
from geoapp.splitting.commands import units as command
from geoapp.splitting.inventory import Features, no_features, shares, take_inventory
from geoapp.splitting.sources import FieldError, are_dwellings, field_of, is_tunnel
from geoapp.splitting.store import read_profiles, read_rules, read_units
from geoapp.splitting.units import UnitsError

ZONE = CRS.from_epsg(4548)
NAN = float("nan")


def ground(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    """Boxes given in metres east and north of 117 E, 40 N."""
    return in_degrees(
        [shapely.box(500_000 + a, 4_429_000 + b, 500_000 + c, 4_429_000 + d) for a, b, c, d in boxes], ZONE
    )


OUTLINE = ground((0, 0, 200, 100))[0]


def layer(
    *boxes: tuple[float, float, float, float], h: list[float], storeys: list[float] | None = None, name: str = "b"
) -> Features:
    n = len(boxes)
    ids = tuple(f"{name}{at}" for at in range(n))
    floors = np.array(storeys if storeys is not None else [NAN] * n)
    return Features(ground(*boxes), ids, np.array(h), floors, np.ones(n, dtype=bool))


def take(buildings: Features, **more: object):  # type: ignore[no-untyped-def]
    return take_inventory(OUTLINE, buildings, profiles=read_profiles(), rules=read_rules(), **more)  # type: ignore[arg-type]


def test_known_households_stay_and_unknown_ones_are_estimated_in_tens() -> None:
    """40 m x 40 m x 6 storeys x 0.01 = 96 -> 100; without storeys the rule's 6, so the same."""
    made = take(layer((10, 10, 50, 50), (80, 10, 120, 50), (150, 10, 190, 50), h=[70, NAN, NAN], storeys=[6, 6, NAN]))
    at = [made.units.position(name) for name in ("b0", "b1", "b2")]
    assert made.units.households[at].tolist() == [70, 100, 100]
    assert made.units.estimated[at].tolist() == [False, True, True]
    assert "2 个单元的户数为估算" in made.units.notes[0]
    assert areas_m2(made.units.polygons).sum() == pytest.approx(20_000.0, abs=0.05)


def test_a_compounds_total_is_shared_out_by_floor_space() -> None:
    """100 households, 40 known: 60 left for floors of 1600 m2 x 1 and x 2, so 20 and 40."""
    buildings = layer((10, 10, 50, 50), (60, 10, 100, 50), (110, 10, 150, 50), h=[40, NAN, NAN], storeys=[5, 1, 2])
    made = take(buildings, compounds=layer((0, 0, 160, 100), h=[100], name="c"))
    at = [made.units.position(name) for name in ("b0", "b1", "b2")]
    assert made.units.households[at].tolist() == [40, 20, 40]
    assert made.units.apportioned[at].tolist() == [False, True, True]
    assert not made.units.estimated.any()
    assert made.units.kept_together() == (tuple(sorted(at)),)


def test_a_total_that_does_not_fit_its_buildings_is_listed() -> None:
    """Buildings say 50, the compound says 30: the buildings stand, the difference of -20 is listed."""
    made = take(layer((10, 10, 50, 50), h=[50]), compounds=layer((0, 0, 160, 100), h=[30], name="c"))
    assert made.units.households.sum() == 50
    assert [row[:3] for row in made.set_aside] == [("compound", "c0", -20.0)]


def test_a_compound_without_buildings_is_a_unit_and_compounds_or_grids_alone_are_enough() -> None:
    compounds = layer((0, 0, 90, 100), (110, 0, 200, 100), h=[300, 400], name="c")
    made = take(layer((10, 10, 50, 50), h=[50]), compounds=compounds)
    assert made.units.households[made.units.position("c1")] == 400
    alone = take(no_features(), compounds=compounds)
    assert sorted(alone.units.ids) == ["c0", "c1"]
    assert areas_m2(alone.units.polygons).tolist() == pytest.approx([10_000.0] * 2, rel=0.01)
    grids = take(no_features(), grids=layer((0, 0, 100, 100), (100, 0, 200, 100), h=[NAN, 10], name="g"))
    assert grids.units.households[grids.units.position("g0")] == 150  # 10,000 m2 x 0.25 built on x 6 x 0.01
    assert "没有楼栋" in grids.units.notes[0]
    assert grids.units.groups["grid"] == tuple(grids.units.ids)


def test_units_know_their_grid_and_ground_without_a_building_does_too() -> None:
    made = take(layer((10, 10, 50, 50), (150, 10, 190, 50), h=[1, 2]), grids=layer((0, 0, 100, 100), h=[NAN], name="g"))
    grid = dict(zip(made.units.ids, made.units.groups["grid"], strict=True))
    assert grid == {"b0": "g0", "b1": None}


def test_what_was_not_placed_is_listed_with_its_households() -> None:
    made = take(layer((10, 10, 50, 50), (900, 0, 950, 50), (20, 20, 30, 30), h=[7, 8, 9]))
    assert [(row[1], row[2]) for row in made.set_aside] == [("b1", 8.0), ("b2", 9.0)]
    assert made.units.households.sum() == 16  # b2 lies inside b0 and counts there


def test_a_building_in_two_pieces_shares_its_households_by_area_and_stays_together() -> None:
    """Pieces of 1600 and 400 m2 of a building with 10 households: 8 and 2."""
    both = shapely.union_all(ground((10, 10, 50, 50), (150, 10, 170, 30)))
    buildings = Features(
        np.array([both, ground((80, 10, 100, 30))[0]], dtype=object), ("b0", "b1"), np.array([10.0, 5.0]),
        np.array([NAN, NAN]), np.ones(2, dtype=bool),
    )  # fmt: skip
    made = take(buildings)
    found = dict(zip(made.units.ids, made.units.households.tolist(), strict=True))
    assert sorted([found["b0"], found["b0/2"]]) == [2, 8]
    assert len(made.units.kept_together()) == 1
    assert made.units.apportioned.sum() == 2


def test_nothing_to_make_units_of_and_nothing_inside_are_told() -> None:
    with pytest.raises(UnitsError, match="至少给"):
        take(no_features())
    with pytest.raises(UnitsError, match="坐标系"):
        take(layer((900, 0, 950, 50), h=[1]))


@pytest.mark.parametrize(
    ("total", "weights", "out"), [(10, [1, 1, 1], [4, 3, 3]), (0, [2, 5], [0, 0]), (7, [1, 6], [1, 6])]
)
def test_shares_add_up(total: int, weights: list[float], out: list[int]) -> None:
    assert shares(total, np.array(weights, dtype=float)).tolist() == out


def test_fields_are_found_by_common_names_or_named_or_missed_in_one_sentence() -> None:
    assert field_of(["Name", "层数"], ("storeys", "层数")) == "层数"
    assert field_of(["a"], ("b",)) is None
    with pytest.raises(FieldError, match="现有字段是 a、b"):
        field_of(["a", "b"], (), named="c")
    assert are_dwellings(["住宅", "Office", None]) == [True, False, False]
    with pytest.raises(FieldError, match="其中有 Garage、Wohnhaus"):
        are_dwellings(["Wohnhaus", "Garage"], given=["Haus"], field="use")
    assert [is_tunnel({"tunnel": value}) for value in ("T", "F", None, 1)] == [True, False, False, True]
    assert not is_tunnel({})
    assert is_tunnel({}, value="subway")


def write(path: Path, polygons: np.ndarray, **columns: object) -> Path:
    gpd.GeoDataFrame(columns, geometry=polygons, crs=4326).to_file(path)
    return path


def test_the_command_writes_units_that_read_back_the_same(tmp_path: Path) -> None:
    """Two houses, a named arterial at x = 100 and a tunnel at x = 30 that divides nothing."""
    outline = write(tmp_path / "范围.gpkg", np.array([OUTLINE]), n=[1])
    both = ground((10, 10, 50, 50), (150, 10, 190, 50))
    known = {"编号": ["甲", "乙"], "户数": [30, None], "层数": [6, 6], "用途": ["住宅", "办公"]}
    houses = write(tmp_path / "楼.gpkg", both, **known)
    roads = [shapely.LineString([(500_000 + x, 4_428_990), (500_000 + x, 4_429_110)]) for x in (100, 30)]
    lines = write(tmp_path / "路.gpkg", in_degrees(roads, ZONE), name=["朝阳路", "隧道"], 等级=["主干路", "主干路"],
                  tunnel=["no", "yes"])  # fmt: skip
    out = tmp_path / "units.gpkg"
    asked = ["--outline", outline, "--buildings", houses, "--barriers", lines, "--out", out, "--json"]
    answer = CliRunner().invoke(command, [str(part) for part in asked], catch_exceptions=False)
    assert answer.exit_code == 0
    assert json.loads(answer.output)["units"] == 2
    units = read_units(out, "households", profile="沿路")
    assert sorted(zip(units.ids, units.households.tolist(), strict=True)) == [("乙", 0), ("甲", 30)]
    assert units.borders.kind == ("arterial",)
    assert units.borders.name == ("朝阳路",)
    assert units.borders.length_m == pytest.approx([100.0], abs=0.01)
    assert units.graph().cost.tolist() == [2000]
    assert not (tmp_path / ".units.part.gpkg").exists()


@pytest.mark.long
@pytest.mark.shared_data
def test_moabit_is_tiled_without_cutting_a_building(shared_data: Path, tmp_path: Path) -> None:
    """The outline to 1 m2; every building in one unit, save 2 % where two drawings overlap; estimates marked."""
    from geoapp.geo.measure import in_metres, measuring_crs_of
    from geoapp.splitting.actions import make_units
    from geoapp.splitting.sources import FieldNames
    from geoapp.splitting.store import read_frame

    def of(name: str) -> Path:
        return Path(f"{shared_data / 'berlin-moabit' / 'moabit.gpkg'}:{name}")

    made = make_units(
        tmp_path / "units.gpkg", of("district"), buildings=of("build"),
        barriers=[of("roads"), of("rails"), of("water")], barrier_class="fclass",
        fields=FieldNames(storeys="AnzahlDerO", use="Gebaeude_1", dwelling=("Wohnhaus",)),
    )  # fmt: skip
    assert made["estimated"] == 2389
    assert "估算" in made["notes"][0]
    units = read_units(tmp_path / "units.gpkg", "households", profile=None)
    crs = measuring_crs_of(units.polygons)
    outline = in_metres([read_frame(of("district")).geometry.union_all()], crs)[0]
    cells = in_metres(units.polygons, crs)
    assert shapely.coverage_is_valid(cells)
    assert shapely.area(shapely.symmetric_difference(shapely.union_all(cells), outline)) < 1.0
    houses = in_metres(read_frame(of("build")).geometry, crs)
    house, cell = shapely.STRtree(cells).query(houses, predicate="intersects")
    held = np.zeros(len(houses))
    np.maximum.at(held, house, shapely.area(shapely.intersection(houses[house], cells[cell])))
    lost = shapely.area(houses) - held
    assert (lost <= np.maximum(0.02 * shapely.area(houses), 0.5)).all()
    assert len(np.unique(units.graph().edges)) == units.n
    assert {"arterial", "rail", "water", "minor", "none"} <= set(units.borders.kind)
