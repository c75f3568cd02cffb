"""`geoapp places` as a person types it: lines or JSON out, one sentence and an exit code when it is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from shapely.geometry import mapping

from geoapp.accounts.people import system
from geoapp.cli import geoapp
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.errors import GeoappError, exit_code
from geoapp.places import actions
from tests.engines import environment
from tests.places.street import DISTRICT, EAST, FIRST, HOME, STREET, plan_of, squares, street_records


class Shell:
    """Runs the command line on one installation."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit code, and what was printed or the sentence of the refusal."""
        result = CliRunner().invoke(
            geoapp, ["places", *arguments], env=environment(self.settings), standalone_mode=False
        )
        if isinstance(result.exception, GeoappError):
            return exit_code(result.exception), str(result.exception)
        if result.exception is not None:
            raise result.exception
        return result.return_value or 0, result.output

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json")[1])


@pytest.fixture
def shell(database: Database) -> Shell:
    actions.load_places(database, street_records(), on=FIRST, by=system("测试"))
    return Shell(database.settings)


@pytest.mark.engines
def test_the_main_story_by_command_line(shell: Shell, tmp_path: Path) -> None:
    """Adopt, adopt again, look before and after, look at history, withdraw."""
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(plan_of((squares(0, 0, 2, 4), 2970), (squares(2, 0, 4, 4), 1590))), encoding="utf-8")
    adopt = ("split", "--plan", str(plan), "--name", "2=亮马社区", "--staff", "16", "--on", "2023-07-01")
    code, words = shell.run(*adopt)
    assert code == 0 and "亮马社区" in words and "工作人员 16" in words
    assert shell.json(*adopt)["already"] is True
    communities = ("list", "--level", "community", "--on")
    assert [p["name"] for p in shell.json(*communities, "2023-06-30")["places"]] == ["霞光里社区", "农展南里社区"]
    assert len(shell.json(*communities, "2023-07-01")["places"]) == 3
    history = shell.json("history", HOME)
    assert len(history["versions"]) == 2 and len(history["successions"]) == 2
    assert shell.json("log")[0]["subject"] == HOME
    assert shell.run("undo", "2")[0] == 0
    assert len(shell.json(*communities, "2023-07-01")["places"]) == 2


def test_every_look_has_lines_for_people(shell: Shell) -> None:
    lon, lat = squares(0, 3, 1, 4).centroid.coords[0]
    assert "朝阳区 > 麦子店街道 > 霞光里社区" in shell.run("show", HOME)[1]
    assert shell.run("at", f"{lon:.6f}", f"{lat:.6f}")[1].count("\n") == 5
    assert "农展南里社区" in shell.run("search", "农展")[1]
    assert "2020-01-01 – 至今" in shell.run("history", HOME)[1]
    assert shell.run("levels", "--title", "courtyard=楼门")[1].endswith("courtyard\t楼门\tcourtyard\n")
    assert "导入" in shell.run("log")[1]


def test_a_check_ends_with_3_when_the_children_do_not_tile(shell: Shell) -> None:
    assert shell.run("check", HOME)[0] == 0
    code, words = shell.run("check", EAST, "--on", "2021-01-01")
    assert code == 2 and "没有边界" in words
    shell.run("abolish", EAST, "--on", "2023-01-01")
    code, words = shell.run("check", STREET, "--on", "2023-01-01")
    assert code == 3 and "管理空白" in words


def test_the_other_operations_by_command_line(shell: Shell, tmp_path: Path) -> None:
    area, border = tmp_path / "area.geojson", tmp_path / "border.geojson"
    area.write_text(json.dumps(mapping(squares(3, 0, 4, 4))), encoding="utf-8")
    feature = {"type": "Feature", "properties": {}, "geometry": mapping(squares(8, 0, 9, 4))}
    border.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    shifted = shell.json("shift", HOME, EAST, "--area", str(area), "--households", "60", "--on", "2023-01-01")
    assert [v["households"] for v in shifted["opens"][:2]] == [4500, 1860]
    made = shell.json("new", "河东社区", "--parent", STREET, "--border", str(border), "--on", "2023-01-01")
    assert made["opens"][0]["code"] == "110105012025"
    assert shell.json("rename", EAST, "农展", "--on", "2024-01-01")["opens"][0]["name"] == "农展"
    merged = shell.json("merge", EAST, "110105012025", "--keep", EAST, "--on", "2025-01-01")
    assert merged["closes"] == [EAST, "110105012025"]


def test_lists_of_codes_make_places_without_borders(tmp_path: Path) -> None:
    """A GBK list and a UTF-8 one with a mark; the street's own list has no parent in it and stands in another file."""
    upper, lower = tmp_path / "streets.csv", tmp_path / "villages.csv"
    upper.write_bytes("编码,名称\r\n110105,朝阳区\r\n110105012,麦子店街道\r\n".encode("gb18030"))
    lower.write_text("\ufeffcode,name\n110105012023,霞光里社区居委会\n110199001001,别处社区\n", encoding="utf-8")
    shell = Shell(Settings(data=tmp_path / "var"))
    report = shell.json("load", "--codes", str(lower), "--codes", str(upper), "--on", "2023-12-31")
    assert (report["rows_in"], report["begun"], len(report["refused"])) == (4, 3, 1)
    assert [p["name"] for p in shell.json("list", "--on", "2024-01-01")["places"]] == [
        "朝阳区",
        "麦子店街道",
        "霞光里社区",
    ]
    again = shell.json("load", "--codes", str(lower), "--codes", str(upper), "--on", "2023-12-31")
    assert (again["begun"], again["unchanged"]) == (0, 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("list", "--on", "2026-02-30"), "2026-01-31"),
        (("list", "--level", "village"), "没有名为"),
        (("show", "1101"), "应为 6 位"),
        (("show", "110105012999"), "没有编码为"),
        (("at", "nan", "39"), "经度"),
        (("split", "--plan", "no.json", "--on", "2023-07-01"), "读不到"),
        (("load", "nothing", "--on", "2023-07-01"), "没有图层"),
        (("load", "--codes", "no.csv", "--on", "2023-07-01"), "读不到"),
        (("rename", HOME, "霞光里社区", "--on", "2023-07-01"), "已经是"),
        (("undo", "77"), "没有第 77 次"),
        (("abolish", DISTRICT, "--on", "2023-07-01"), "还有 9 个下级"),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_2(shell: Shell, arguments: tuple[str, ...], words: str) -> None:
    code, sentence = shell.run(*arguments)
    assert code == 2 and words in sentence and sentence.endswith("。") and "\n" not in sentence


def test_files_that_are_no_plan_are_refused_in_one_sentence(shell: Shell, tmp_path: Path) -> None:
    for content in (b"", b"{", b"\xff\xfe\x00", b"[1]", b'{"parts": 3}', b"[" * 100_000, b'{"parts": [NaN, 1e400]}'):
        path = tmp_path / "bad.json"
        path.write_bytes(content)
        code, sentence = shell.run("split", "--plan", str(path), "--on", "2023-07-01")
        assert code == 2 and sentence.endswith("。")


def test_features_of_a_layer_become_places(shell: Shell, settings: Settings, tmp_path: Path) -> None:
    """Three features; the street wants one of them, whose code the layer does not know."""
    features = [
        {"type": "Feature", "properties": {"town": name}, "geometry": mapping(squares(8 + n, 0, 9 + n, 4))}
        for n, name in enumerate(("东风", "太阳宫", "左家庄"))
    ]
    path = tmp_path / "towns.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    imported = CliRunner().invoke(geoapp, ["import", str(path), "--layer", "towns"], env=environment(settings))
    assert imported.exit_code == 0, imported.output
    chosen = (
        "load",
        "towns",
        "--only",
        "town=东风",
        "--code",
        "110105013",
        "--on",
        "2021-01-01",
    )
    report = shell.json(*chosen)
    assert (report["rows_in"], report["begun"]) == (1, 1)
    assert shell.json("show", "110105013", "--on", "2021-01-01")["place"]["name"] == "东风"
    code, sentence = shell.run("load", "towns", "--code", "110105014", "--on", "2021-01-01")
    assert code == 2 and "这里有 3 个" in sentence
    report = shell.json("load", "towns", "--on", "2021-01-01")
    assert (report["rows_in"], len(report["refused"])) == (3, 3) and "没有编码" in report["refused"][0]["message"]


@pytest.mark.shared_data
def test_every_beijing_code_is_loaded(shared_data: Path, tmp_path: Path) -> None:
    """16 districts, 349 streets, 7535 communities and villages; 麦子店 has the seven that the story names."""
    folder = shared_data / "beijing-community-codes"
    shell = Shell(Settings(data=tmp_path / "var"))
    files = [
        part for name in ("areas", "streets", "villages") for part in ("--codes", str(folder / f"{name}_beijing.csv"))
    ]
    report = shell.json("load", *files, "--on", "2023-12-31")
    assert (report["rows_in"], report["begun"], report["refused"]) == (16 + 349 + 7535, 7900, [])
    names = [p["name"] for p in shell.json("list", "--parent", STREET, "--on", "2024-01-01")["places"]]
    assert names == [
        f"{name}社区" for name in ("枣营南里", "枣营北里", "霞光里", "农展南里", "朝阳公园", "枣营", "亮马")
    ]
