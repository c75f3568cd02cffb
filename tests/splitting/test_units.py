"""Units as arrays: prices of borders, groups, bridges; reading plain layers."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from geoapp.errors import NotFound
from geoapp.geo.measure import in_degrees
from geoapp.splitting.columns import UnitsFileError
from geoapp.splitting.store import read_profiles, read_units
from geoapp.splitting.units import UnitBorders, Units, UnitsError, plain_borders

ZONE = CRS.from_epsg(4548)


def squares(places: list[tuple[float, float]], side_m: float = 100.0) -> np.ndarray:
    """Squares of that side near Beijing, lower left corners in metres east and north of 117 E, 40 N."""
    return in_degrees(
        [shapely.box(500_000 + x, 4_429_000 + y, 500_000 + x + side_m, 4_429_000 + y + side_m) for x, y in places], ZONE
    )


def three_in_a_row(**more: object) -> Units:
    r"""a | b : 60 m along 朝阳路 (arterial) and 40 m of nothing; b | c : 100 m of nothing.

    +---+---+---+
    | a | b | c |
    +---+---+---+
    """
    polygons = squares([(0, 0), (100, 0), (200, 0)])
    borders = UnitBorders(
        np.array([[0, 1], [0, 1], [1, 2]], dtype=np.int32),
        np.array([60.0, 40.0, 100.0]),
        ("arterial", "none", "none"),
        ("朝阳路", "", ""),
        plain_borders(polygons).lines[[0, 0, 1]],
    )
    return Units(("a", "b", "c"), polygons, np.array([10, 20, 30]), borders, read_profiles(), **more)  # type: ignore[arg-type]


def test_border_rows_of_one_pair_are_added_up_in_whole_numbers() -> None:
    """Along roads: 600 dm * 2 + 400 dm * 10 = 5200 and 1000 dm * 10 = 10000; compact: 10000 each."""
    units = three_in_a_row()
    assert units.graph().edges.tolist() == [[0, 1], [1, 2]]
    assert units.graph().cost.tolist() == [5200, 10_000]
    assert units.graph("紧凑").cost.tolist() == [10_000, 10_000]


def test_a_border_through_a_grid_costs_threefold_even_along_a_road() -> None:
    """a and b in one grid: (600 + 400) dm * 30; b and c in two: 1000 * 10; no grid is no grid."""
    assert three_in_a_row(groups={"grid": ("g", "g", "h")}).graph().cost.tolist() == [30_000, 10_000]
    assert three_in_a_row(groups={"grid": (None, None, "h")}).graph().cost.tolist() == [5200, 10_000]


def test_compounds_are_kept_together_unless_allowed_by_name() -> None:
    units = three_in_a_row(groups={"compound": ("x", "x", None), "grid": ("g", "g", "g")})
    assert units.kept_together() == ((0, 1),)
    assert units.kept_together(may_be_cut=["x"]) == ()
    with pytest.raises(NotFound, match="courtyard"):
        units.members("courtyard")


def test_islands_are_bridged_to_the_nearest_by_virtual_edges_only_when_asked() -> None:
    """Squares at x = 0, 100, 300 and 1000 m: the gaps are 100 m (units 1 and 2) and 600 m (2 and 3)."""
    polygons = squares([(0, 0), (100, 0), (300, 0), (1000, 0)])
    units = Units(tuple("abcd"), polygons, np.ones(4, dtype=np.int64), plain_borders(polygons), read_profiles())
    assert units.graph().edges.tolist() == [[0, 1]]
    bridged = units.graph(bridge=True)
    assert bridged.edges.tolist() == [[0, 1], [1, 2], [2, 3]]
    assert bridged.virtual.tolist() == [False, True, True]
    assert bridged.cost.tolist() == [10_000, 0, 0]


def test_areas_are_square_metres() -> None:
    """On the central meridian the zone is true to scale: 100 m * 100 m."""
    assert three_in_a_row().area_m2 == pytest.approx([10_000.0] * 3, rel=1e-9)


def test_a_repeated_id_and_a_short_column_are_named() -> None:
    polygons = squares([(0, 0), (100, 0)])
    with pytest.raises(UnitsError, match="编号 a"):
        Units(("a", "a"), polygons, np.array([1, 1]), plain_borders(polygons), read_profiles())
    with pytest.raises(UnitsError, match="people"):
        three_in_a_row(columns={"people": np.array([1.0])})


def layer(tmp_path: Path, **columns: object) -> Path:
    path = tmp_path / "楼.gpkg"
    frame = gpd.GeoDataFrame(columns, geometry=squares([(0, 0), (100, 0), (200, 0)]), crs=4326)
    frame.to_file(path, layer="楼")
    return path


def test_a_plain_layer_is_read_with_borders_from_its_polygons(tmp_path: Path) -> None:
    """Two shared sides of 100 m; numeric columns come along, the household column is not among them."""
    units = read_units(layer(tmp_path, 编号=["x", "y", "z"], h=[1, 2, 3], over60=[0.5, 1, 2]), "h", profile=None)
    assert units.ids == ("x", "y", "z")
    assert units.households.tolist() == [1, 2, 3]
    assert list(units.columns) == ["over60"]
    assert units.borders.pairs.tolist() == [[0, 1], [1, 2]]
    assert units.borders.length_m == pytest.approx([100.0, 100.0], abs=1e-6)
    assert not units.notes


@pytest.mark.parametrize(
    ("h", "told"),
    [(["1", "two", "3"], "第 2 行的 h 是 two"), ([1.0, 2.0, -3.0], "第 3 行"), ([1.5, 2, 3], "第 1 行")],
)
def test_a_row_without_a_whole_number_is_named(tmp_path: Path, h: list[object], told: str) -> None:
    with pytest.raises(UnitsFileError, match=told):
        read_units(layer(tmp_path, h=h), "h", profile=None)


def test_a_missing_field_file_and_profile_are_named(tmp_path: Path) -> None:
    path = layer(tmp_path, h=[1, 2, 3])
    with pytest.raises(UnitsFileError, match="现有字段是 h"):
        read_units(path, "households", profile=None)
    with pytest.raises(UnitsFileError, match="找不到文件"):
        read_units(tmp_path / "no.gpkg", "h", profile=None)
    with pytest.raises(NotFound, match="cheapest"):
        read_units(path, "h", profile="cheapest")
    (tmp_path / "words.gpkg").write_text("nothing of the kind", encoding="utf-8")
    with pytest.raises(UnitsFileError, match="不是能读的地图文件"):
        read_units(tmp_path / "words.gpkg", "h", profile=None)


def test_polygons_with_slits_between_them_still_meet_and_it_is_said(tmp_path: Path) -> None:
    """Squares of 99.7 m in a raster of 100 m: slits of 0.3 m, bridged by the half metre."""
    path = tmp_path / "slits.gpkg"
    frame = gpd.GeoDataFrame({"h": [1, 2, 3]}, geometry=squares([(0, 0), (100, 0), (200, 0)], 99.7), crs=4326)
    frame.to_file(path)
    units = read_units(path, "h", profile=None)
    assert units.borders.pairs.tolist() == [[0, 1], [1, 2]]
    assert "0.5 米" in units.notes[0]
