"""``geoapp split`` and ``geoapp verify`` from file to file, with their exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas
import networkx as nx
import pytest
import shapely

from geoapp.cli import main
from geoapp.splitting.plan_json import FIELDS


def run(*words: Any) -> int:
    """Exit code of the ``geoapp`` command."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """4 x 4 squares of one household each, as NetworkX writes them."""
    graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(4, 4))
    for unit in graph:
        graph.nodes[unit].update(homes=1, row=unit // 4, name="许多")
    path = tmp_path / "board.json"
    path.write_text(json.dumps(nx.readwrite.json_graph.adjacency_data(graph)), encoding="utf-8")
    return path


def test_a_plan_is_written_and_verified(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """16 squares into 8 + 8: the best border cuts 4 edges."""
    out = board.with_name("plan.json")
    words = ("split", "--graph", board, "--households", "homes", "--parts", 2, "--between", 8, 8, "--out", out)
    assert run(*words) == 0
    assert "没有代价更低的界线" in capsys.readouterr().out
    document = json.loads(out.read_text(encoding="utf-8"))
    assert set(FIELDS) <= set(document)
    assert (document["status"], document["objective"], document["bound"], document["gap"]) == ("optimal", 4, 4, 0)
    assert [part["households"] for part in document["parts"]] == [8, 8]
    assert [(part["staff_min"], part["staff_max"]) for part in document["parts"]] == [(9, 9), (9, 9)]
    assert run("verify", out, "--graph", board) == 0
    assert "已验证" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_plan_where_time_does_not_cut_it_short(board: Path) -> None:
    plans = []
    for name in ("a.json", "b.json"):
        out = board.with_name(name)
        assert run("split", "--graph", board, "--households", "homes", "--parts", 3, "--seconds", 60, "--seed", 5,
                   "--tolerance", 0.3, "--out", out) == 0  # fmt: skip
        plans.append(json.loads(out.read_text(encoding="utf-8"))["part_of"])
    assert plans[0] == plans[1]


def test_groups_anchors_and_ranges_reach_the_solver(board: Path) -> None:
    """Rows stay whole and the last row is part 1: 4 + 12, one straight border."""
    out = board.with_name("plan.json")
    assert run("split", "--graph", board, "--households", "homes", "--parts", 2, "--ranges", "4:8,8:12",
               "--together", "row", "--anchor", "15:1", "--out", out) == 0  # fmt: skip
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["objective"] == 4 and document["part_of"]["15"] == document["part_of"]["12"] == 1
    assert run("verify", out, "--graph", board) == 0


def test_a_changed_plan_is_refused_with_exit_code_3(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = board.with_name("plan.json")
    run("split", "--graph", board, "--households", "homes", "--parts", 2, "--between", 7, 9, "--out", out)
    document = json.loads(out.read_text(encoding="utf-8"))
    document["objective"] -= 1
    out.write_text(json.dumps(document), encoding="utf-8")
    capsys.readouterr()
    assert run("verify", out, "--graph", board) == 3
    assert "目标值" in capsys.readouterr().err


def test_infeasible_is_an_answer_with_exit_code_3_and_a_file(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = board.with_name("plan.json")
    words = ("split", "--graph", board, "--households", "homes", "--parts", 2, "--between", 1, 7, "--out", out)
    assert run(*words) == 3
    assert "总户数 16" in capsys.readouterr().err
    assert json.loads(out.read_text(encoding="utf-8"))["status"] == "infeasible"
    assert run("verify", out, "--graph", board) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--households", "name"), "字段 name"),
        (("--households", "nothing"), "字段 nothing"),
        (("--households", "homes", "--cost", "len"), "字段 len"),
        (("--households", "homes", "--together", "street"), "street"),
        (("--households", "homes", "--anchor", "99:1"), "99"),
        (("--households", "homes", "--seconds", "0"), "seconds"),
        (("--households", "homes", "--profile", "compact"), "--profile"),
    ],
)
def test_bad_input_is_exit_code_2_and_one_sentence(
    board: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    out = board.with_name("plan.json")
    assert run("split", "--graph", board, "--parts", 2, *words, "--out", out) == 2
    told = capsys.readouterr().err
    assert said in told and "Traceback" not in told
    assert not out.exists()


@pytest.mark.parametrize("name", ["plan.txt", "plan.gpkg", "nowhere/plan.json"])
def test_a_name_that_cannot_be_written_is_told_before_the_work(board: Path, name: str) -> None:
    out = board.parent / name
    assert run("split", "--graph", board, "--households", "homes", "--parts", 2, "--out", out) == 2


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"status": "optimal"}'])
def test_a_file_that_is_no_plan_is_told(board: Path, text: str) -> None:
    plan = board.with_name("plan.json")
    plan.write_text(text, encoding="utf-8")
    assert run("verify", plan, "--graph", board) == 2
    assert run("verify", board.with_name("missing.json"), "--graph", board) == 2


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".json"])
def test_polygons_go_in_and_the_plan_comes_out_with_them(tmp_path: Path, suffix: str) -> None:
    """Two by two squares of about 100 m near 北京, an island beside them bridged over the water."""
    corners = [(0, 0), (0, 1), (1, 0), (1, 1), (3, 0)]
    squares = [shapely.box(116.4 + x / 850, 39.9 + y / 1110, 116.4 + (x + 1) / 850, 39.9 + (y + 1) / 1110)
               for x, y in corners]  # fmt: skip
    frame = geopandas.GeoDataFrame({"id": list("甲乙丙丁戊"), "homes": [1, 2, 3, 4, 2]}, geometry=squares, crs=4326)
    units, out = tmp_path / "units.geojson", tmp_path / f"plan{suffix}"
    frame.to_file(units, driver="GeoJSON")
    assert (
        run("split", "--units", units, "--households", "homes", "--parts", 2, "--may-cut", "没有的小区", "--out", out)
        == 2
    )
    assert run("split", "--units", units, "--households", "homes", "--parts", 2, "--between", 5, 7, "--out", out) == 0
    assert run("verify", out, "--units", units) == 0
    if suffix != ".json":
        drawn = geopandas.read_file(out, layer="units") if suffix == ".gpkg" else geopandas.read_file(out)
        assert drawn.groupby("part")["homes" if "homes" in drawn else "households"].sum().between(5, 7).all()
    else:
        parts = json.loads(out.read_text(encoding="utf-8"))["parts"]
        drawn_parts = [shapely.from_geojson(json.dumps(part["geometry"])) for part in parts]
        assert shapely.union_all(drawn_parts).equals(shapely.union_all(squares))
        assert shapely.area(shapely.intersection(*drawn_parts)) == 0


def test_a_plan_that_cannot_be_written_is_told_before_the_search(
    board: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = board.with_name("名" * 300 + ".json")
    assert run("split", "--graph", board, "--households", "homes", "--parts", 2, "--out", out) == 2
    told = capsys.readouterr().err
    assert "写不了" in told
    assert "程序出错" not in told


def test_the_data_are_not_written_over_by_the_plan(board: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = board.read_bytes()
    assert run("split", "--graph", board, "--households", "homes", "--parts", 2, "--out", board) == 2
    assert "换一个文件名" in capsys.readouterr().err
    assert board.read_bytes() == before


def test_a_refused_request_leaves_no_file_behind(board: Path) -> None:
    out = board.with_name("none.json")
    assert run("split", "--graph", board, "--households", "homes", "--parts", 0, "--out", out) == 2
    assert not out.exists()


def test_a_very_short_time_still_gives_a_plan(board: Path) -> None:
    """Loading the solvers' machine code is not counted: sixteen squares are divided in any time."""
    out = board.with_name("short.json")
    assert run("split", "--graph", board, "--households", "homes", "--parts", 2, "--seconds", 0.05, "--out", out) == 0
    assert run("verify", out, "--graph", board) == 0


@pytest.mark.parametrize("text", ["[" * 100_000, '{"status": ' + "9" * 5000 + "}"])
def test_a_plan_file_out_of_all_bounds_is_told(board: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    plan = board.with_name("plan.json")
    plan.write_text(text, encoding="utf-8")
    assert run("verify", plan, "--graph", board) == 2
    assert "请给 geoapp split 写出的" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "words"), [("no/units.gpkg", "不存在"), ("units.txt", ".gpkg"), ("area.gpkg", "换一个文件名")]
)
def test_units_are_not_made_for_a_place_where_they_cannot_go(
    tmp_path: Path, name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The outline itself is such a place: it must be there afterwards as it was."""
    area = tmp_path / "area.gpkg"
    geopandas.GeoDataFrame(geometry=[shapely.box(116.4, 39.9, 116.41, 39.91)], crs=4326).to_file(area, layer="a")
    before = area.read_bytes()
    for outline in (str(area), f"{area}:a"):
        assert run("units", "--outline", outline, "--grids", area, "--out", tmp_path / name) == 2
        told = capsys.readouterr().err
        assert words in told and "程序出错" not in told
    assert area.read_bytes() == before
