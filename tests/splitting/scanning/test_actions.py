"""A whole scan of a town of six, and what it writes."""

from __future__ import annotations

import datetime
import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from click.testing import CliRunner

from geoapp.errors import Conflict, Invalid
from geoapp.splitting.commands import scan as command
from geoapp.splitting.scanning import actions, clients
from geoapp.splitting.scanning.actions import Options, Step, scan
from geoapp.splitting.scanning.division import Outcome
from geoapp.splitting.scanning.fields import ScanFields
from geoapp.splitting.scanning.results.store import work_file
from geoapp.splitting.scanning.tasks import WorkersUnavailable
from geoapp.splitting.sources import FieldError
from tests.splitting.scanning.town import cells, ground, rows_of, untimed, write_city, write_town

HERE = Options(workers=1)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the town's files and the result of one scan."""
    folder = tmp_path_factory.mktemp("town")
    communities, units = write_town(folder)
    scan(folder / "scan.csv", communities, units=units, options=HERE)
    return folder


def test_ranks_follow_verdict_marks_and_households(town: Path) -> None:
    """甲 is too large with three marks: no manager, 30 % over 60, 10 complaints per 1000 (the others have 5).

    丁 4200 (no manager field, no ages) and 戊 3200 (no polygon): too large, no mark, not all marks known. 乙: none set,
    all known. 丙 fits, without a manager. 己 has no number.
    """
    rows = list(rows_of(town / "scan.csv").values())
    assert [(row["rank"], row["name"], row["verdict"], row["hardship_marks"]) for row in rows] == [
        ("1", "甲", "divide", "3"), ("2", "丁", "over_unknown", "0"), ("3", "戊", "over_unknown", "0"),
        ("4", "乙", "over", "0"), ("5", "丙", "fits", "1"), ("", "己", "unknown", "0"),
    ]  # fmt: skip


def test_the_best_division_of_a_square_by_hand(town: Path) -> None:
    """甲: 16 units of 250, parts of 1000 to 3000, so at least 4 units: no 4 units of a 4 x 4 square have a border of

    less than 4 sides (a corner of 2 x 2, or a row). 4 sides of 100 m, each round(1000 dm) x 10 tenths: 40000.
    """
    row = rows_of(town / "scan.csv")["甲1"]
    assert (row["status"], row["objective"], row["border_m"]) == ("optimal", "40000", "400.0")
    assert row["ranges"] == "1000:3000,1000:3000"
    sizes = sorted((int(row["part1_households"]), int(row["part2_households"])))
    assert sum(sizes) == 4000 and sizes[0] >= 1000
    assert (row["staff_min"], row["staff_max"], row["staff_shortfall"]) == ("27", "37", "7")
    assert float(row["households_per_worker"]) == 200.0


def test_a_bad_community_has_a_row_with_the_reason_and_stops_nothing(town: Path) -> None:
    rows = rows_of(town / "scan.csv")
    assert rows["丁1"]["status"] == "none" and "没有划分单元" in rows["丁1"]["reason"]
    assert rows["戊1"]["status"] == "optimal" and "没有可用的面状图形" in rows["戊1"]["reason"]
    assert rows["己1"]["status"] == "none" and "'abc'" in rows["己1"]["reason"]
    assert rows["丙1"]["status"] == "none" and rows["丙1"]["reason"] == ""
    assert rows["丁1"]["staff_shortfall"] == "" and rows["丁1"]["staff_min"] == "28"


def test_the_parts_of_the_map_tile_the_community(town: Path) -> None:
    parts = gpd.read_file(town / "scan.gpkg", layer="parts")
    first = parts[parts["code"] == "甲1"]
    assert first["households"].sum() == 4000
    assert shapely.union_all(first.geometry.array).symmetric_difference(ground(0)).area < 1e-12
    communities = gpd.read_file(town / "scan.gpkg", layer="communities").sort_values("rank")
    assert communities["name"].tolist()[:2] == ["甲", "丁"]
    assert communities["staff_shortfall"].tolist()[0] == 7


def test_the_workbook_says_it_in_words_and_with_sources(town: Path) -> None:
    book = openpyxl.load_workbook(town / "scan.xlsx")
    head, first, *_ = list(book["逐社区测算"].iter_rows(values_only=True))
    row = dict(zip(head, first, strict=True))
    assert row["测算结果"] == "超规模且难管，建议研究调整"
    assert (row["人员缺口（测算）"], row["无物业"], row["划分"], row["60岁以上占比"]) == (7, "是", "已证明最优", 0.3)
    said = "".join(str(cell) for line in book["说明"].iter_rows(values_only=True) for cell in line)
    assert "京社领办发〔2020〕7号" in said and "未核对原文" in said and "测算结果" in said
    formulas = {line[0]: line[2] for line in book["指标"].iter_rows(values_only=True)}
    assert formulas["应配人数下限（测算）"] == "max(9, ⌈户数/150⌉)"
    assert "ReCom" not in said and "gap" not in said


def test_09_the_page_fetches_nothing_and_escapes_names(town: Path, tmp_path: Path) -> None:
    communities, units = write_town(tmp_path)
    frame = gpd.read_file(communities)
    frame.loc[0, "名称"] = "<script>alert(1)</script>"
    frame.loc[1, "名称"] = "=1+1"
    frame.to_file(communities)
    scan(tmp_path / "scan.csv", communities, options=HERE)
    assert "'=1+1" in {row["name"] for row in rows_of(tmp_path / "scan.csv").values()}, "no formula in the table"
    text = (tmp_path / "scan.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in text and "<script>alert" not in text
    for page in (text, (town / "scan.html").read_text(encoding="utf-8")):
        assert "http" not in page and "src=" not in page
    assert units.exists()


def test_without_units_there_is_no_division_and_it_says_so(tmp_path: Path) -> None:
    communities, _ = write_town(tmp_path)
    found = scan(tmp_path / "scan.csv", communities, options=HERE)
    rows = rows_of(tmp_path / "scan.csv")
    assert {row["status"] for row in rows.values()} == {"none"}
    assert "没有给划分单元" in rows["甲1"]["reason"] and any("没有给划分单元" in note for note in found.notes)
    assert rows["甲1"]["staff_shortfall"] == "7"


def test_units_without_codes_belong_where_they_lie(tmp_path: Path, town: Path) -> None:
    communities, units = write_town(tmp_path)
    frame = gpd.read_file(units)
    # 戊 has no polygon to lie in, and one unit is far out: both are told.
    far = gpd.GeoDataFrame({"unit": ["远"], "户数": [5]}, geometry=[shapely.box(1, 1, 1.01, 1.01)], crs=4326)
    import pandas as pd

    pd.concat([frame.drop(columns="社区编码"), far]).to_file(units)
    found = scan(tmp_path / "scan.csv", communities, units=units, options=HERE)
    rows = rows_of(tmp_path / "scan.csv")
    assert rows["甲1"]["objective"] == rows_of(town / "scan.csv")["甲1"]["objective"]
    assert "没有划分单元" in rows["戊1"]["reason"]
    assert any("17 个不在任何社区之内" in note for note in found.notes)


def test_a_unit_with_bad_households_costs_only_its_community(tmp_path: Path) -> None:
    communities, units = write_town(tmp_path)
    frame = gpd.read_file(units)
    frame["户数"] = frame["户数"].astype(str)
    frame.loc[3, "户数"] = "many"
    frame.to_file(units)
    scan(tmp_path / "scan.csv", communities, units=units, options=HERE)
    rows = rows_of(tmp_path / "scan.csv")
    assert "甲04" in rows["甲1"]["reason"] and "many" in rows["甲1"]["reason"]
    assert rows["乙1"]["status"] == "optimal"


def test_households_that_the_communities_lack_are_summed_from_the_units(tmp_path: Path) -> None:
    """甲 without a number: 16 units of 250 make 4000, and its row says where that comes from."""
    communities, units = write_town(tmp_path)
    gpd.read_file(communities).drop(columns="户数").to_file(communities)
    scan(tmp_path / "scan.csv", communities, units=units, options=HERE)
    row = rows_of(tmp_path / "scan.csv")["甲1"]
    assert (row["households"], row["status"]) == ("4000", "optimal")
    assert "户数由划分单元汇总" in row["remarks"]


def test_compounds_stay_whole_and_estimates_are_told(tmp_path: Path) -> None:
    """甲 in one compound of 12 units (3000) and 4 single ones in the top row: the row is the only division, 4 sides."""
    communities, units = write_town(tmp_path)
    frame = gpd.read_file(units)
    frame["compound"] = [name if name < "甲13" and name.startswith("甲") else None for name in frame["unit"]]
    frame.loc[frame["compound"].notna(), "compound"] = "大院"
    frame["estimated"] = frame["unit"] == "甲01"
    frame.to_file(units)
    scan(tmp_path / "scan.csv", communities, units=units, options=HERE)
    row = rows_of(tmp_path / "scan.csv")["甲1"]
    assert {row["part1_households"], row["part2_households"]} == {"3000", "1000"}
    assert (row["objective"], row["households_estimated"], row["estimated"]) == ("40000", "250", "yes")


def test_what_cannot_be_divided_by_the_rule_says_why(tmp_path: Path) -> None:
    """--over 2000: parts of 500 to 2000. 甲 as 250 x 16 = 4000 divides into 2000 + 2000 only; 乙 as one unit of 3600,

    and nothing else, has no second part."""
    communities, units = write_town(tmp_path)
    frame = gpd.read_file(units)
    frame.loc[frame["社区编码"] == "乙1", "户数"] = 0
    frame.loc[frame["unit"] == "乙01", "户数"] = 3600
    frame.to_file(units)
    scan(tmp_path / "scan.csv", communities, units=units, options=Options(workers=1, over=2000))
    rows = rows_of(tmp_path / "scan.csv")
    assert (rows["甲1"]["part1_households"], rows["甲1"]["part2_households"]) == ("2000", "2000")
    assert rows["乙1"]["status"] == "infeasible" and "乙01" in rows["乙1"]["reason"]


def test_above_twice_the_limit_it_is_the_first_cut_of_several(tmp_path: Path) -> None:
    """甲 with --over 1500: 4000 needs 3 communities; one side of 500 to 1500 and one of 1000 to 3000: 1000:1500."""
    communities, units = write_town(tmp_path)
    scan(tmp_path / "scan.csv", communities, units=units, options=Options(workers=1, over=1500))
    row = rows_of(tmp_path / "scan.csv")["甲1"]
    assert (row["parts_needed"], row["ranges"]) == ("3", "1000:1500,2500:3000")
    assert "至少要分成 3 个社区" in row["remarks"]
    assert row["part1_households"] in {"1000", "1250", "1500"}


def test_two_islands_are_bridged_and_it_says_so(tmp_path: Path) -> None:
    """16 units of 250 in two blocks of 8 that lie 50 m apart: the gap costs nothing, so the blocks are the parts."""
    shapes = cells(0)
    moved = np.where(np.arange(16) < 8, shapes, shapely.transform(shapes, lambda p: p + np.array([0, 0.0005])))
    frame = gpd.GeoDataFrame({"code": ["x"], "households": [4000]}, geometry=[shapely.union_all(moved)], crs=4326)
    frame.to_file(tmp_path / "c.gpkg")
    gpd.GeoDataFrame({"households": [250] * 16}, geometry=moved, crs=4326).to_file(tmp_path / "u.gpkg")
    scan(tmp_path / "scan.csv", tmp_path / "c.gpkg", units=tmp_path / "u.gpkg", options=HERE)
    row = rows_of(tmp_path / "scan.csv")["x"]
    assert (row["status"], row["objective"], row["border_m"]) == ("optimal", "0", "0.0")
    assert "1 处隔着水面或空隙" in row["remarks"] and row["pieces"] == "2" and row["in_pieces"] == "yes"


def test_units_that_do_not_touch_at_all_are_sent_back(tmp_path: Path) -> None:
    apart = shapely.buffer(shapely.centroid(cells(0)), 0.0001)
    gpd.GeoDataFrame({"code": ["x"], "households": [4000]}, geometry=[ground(0)], crs=4326).to_file(tmp_path / "c.gpkg")
    gpd.GeoDataFrame({"households": [250] * 16}, geometry=apart, crs=4326).to_file(tmp_path / "u.gpkg")
    scan(tmp_path / "scan.csv", tmp_path / "c.gpkg", units=tmp_path / "u.gpkg", options=HERE)
    row = rows_of(tmp_path / "scan.csv")["x"]
    assert row["status"] == "none" and "散成 16 片" in row["reason"] and "geoapp units" in row["reason"]


def test_a_code_that_stands_twice_takes_its_units_once(tmp_path: Path) -> None:
    communities, units = write_town(tmp_path)
    frame = gpd.read_file(communities)
    frame.loc[1, "编码"] = "甲1"
    frame.to_file(communities)
    scan(tmp_path / "scan.csv", communities, units=units, options=HERE)
    twice = [row for row in untimed(tmp_path / "scan.csv") if row["code"] == "甲1"]
    assert [row["name"] for row in twice] == ["甲", "乙"]
    assert twice[0]["status"] == "optimal" and twice[1]["status"] == "none" and "不止一次" in twice[1]["reason"]


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    communities, units = write_town(tmp_path)
    steps: list[Step] = []
    scan(tmp_path / "scan.csv", communities, units=units, options=HERE, progress=steps.append)
    assert [step.name for step in steps] == ["甲", "乙", "戊"]
    assert steps[-1].done == steps[-1].total == 4


def test_an_interrupted_scan_takes_up_what_is_done(tmp_path: Path) -> None:
    """Stopped after two of six with half a line more on the disk, and again after one more: three are left to do."""
    communities, units = write_city(tmp_path, communities=6, side=5)
    scan(tmp_path / "whole.csv", communities, units=units, options=HERE)

    class Stop(Exception):
        pass

    halt = Step(2, 6, 0, None, "", Outcome("", "", "optimal"))

    def stop(step: Step) -> None:
        if step.done == 2:
            raise Stop

    with pytest.raises(Stop):
        scan(tmp_path / "scan.csv", communities, units=units, options=HERE, progress=stop)
    work = tmp_path / "scan.csv.work"
    with work.open("ab") as stream:
        stream.write(b'{"key": "C005", "fing')
    # Stopped once more: what is written after the half line must be readable, too.
    with pytest.raises(Stop):
        scan(tmp_path / "scan.csv", communities, units=units, options=HERE, progress=lambda _: stop(halt))
    steps: list[Step] = []
    scan(tmp_path / "scan.csv", communities, units=units, options=HERE, progress=steps.append)
    assert len(steps) == 3 and steps[-1].resumed == 3
    assert untimed(tmp_path / "scan.csv") == untimed(tmp_path / "whole.csv")
    assert not work.exists()


def test_what_was_left_by_another_question_is_not_taken_up(tmp_path: Path) -> None:
    communities, units = write_city(tmp_path, communities=3, side=4)

    def interrupted(step: Step) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan(tmp_path / "scan.csv", communities, units=units, options=HERE, progress=interrupted)
    steps: list[Step] = []
    other = Options(workers=1, tolerance=0.2)
    scan(tmp_path / "scan.csv", communities, units=units, options=other, progress=steps.append)
    assert len(steps) == 3 and steps[-1].resumed == 0


def test_a_failure_is_tried_again_and_a_result_is_not(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), work_file(tmp_path / "scan.csv") as work:
        work.append(Outcome("a", "f1", "optimal", part_of=[1, 2]))
        work.append(Outcome("b", "f2", "failed"))
        raise ZeroDivisionError
    with work_file(tmp_path / "scan.csv") as work:
        assert list(work.known) == ["f1"] and work.known["f1"].part_of == [1, 2]


def test_two_scans_do_not_write_to_one_file(tmp_path: Path) -> None:
    with work_file(tmp_path / "scan.csv"), pytest.raises(Conflict, match="另一个"), work_file(tmp_path / "scan.csv"):
        pass


def test_a_result_never_replaces_an_input(tmp_path: Path) -> None:
    communities, _ = write_town(tmp_path)
    shutil.copy(communities, tmp_path / "scan.gpkg")
    with pytest.raises(Invalid, match=r"scan\.gpkg"):
        scan(tmp_path / "scan.csv", tmp_path / "scan.gpkg", options=HERE)
    with pytest.raises(Invalid, match="csv"):
        scan(tmp_path / "scan.txt", communities, options=HERE)


def test_fields_may_be_named_and_a_missing_one_is_told(tmp_path: Path) -> None:
    communities, _ = write_town(tmp_path)
    gpd.read_file(communities).rename(columns={"物业": "谁管"}).to_file(communities)
    scan(tmp_path / "a.csv", communities, options=HERE)
    assert rows_of(tmp_path / "a.csv")["甲1"]["no_manager"] == ""
    scan(tmp_path / "b.csv", communities, options=Options(workers=1, fields=ScanFields({"manager": "谁管"})))
    assert rows_of(tmp_path / "b.csv")["甲1"]["no_manager"] == "yes"
    with pytest.raises((Invalid, FieldError), match="没人"):
        scan(tmp_path / "c.csv", communities, options=Options(fields=ScanFields({"manager": "没人"})))


def test_compounds_and_complaints_tell_what_the_communities_do_not(tmp_path: Path) -> None:
    """乙's own manager stands; 丁 has 300 of 400 homes in compounds with a blank manager; two complaints lie in 丁."""
    communities, units = write_town(tmp_path)
    compounds = gpd.GeoDataFrame(
        {"manager": ["丁物业", None], "households": [100, 300], "people": [250, 750], "over60": [50, 300]},
        geometry=list(cells(3)[:2]), crs=4326,
    )  # fmt: skip
    compounds.to_file(tmp_path / "compounds.gpkg")
    points = gpd.GeoDataFrame({"id": [1, 2]}, geometry=list(shapely.centroid(cells(3)[4:6])), crs=4326)
    points.to_file(tmp_path / "complaints.gpkg")
    frame = gpd.read_file(communities).drop(columns="诉求量")
    frame.to_file(communities)
    scan(
        tmp_path / "scan.csv", communities, compounds=tmp_path / "compounds.gpkg",
        complaints=tmp_path / "complaints.gpkg", options=HERE,
    )  # fmt: skip
    rows = rows_of(tmp_path / "scan.csv")
    assert (rows["丁1"]["unmanaged_share"], rows["丁1"]["over60_share"]) == ("0.75", "0.35")
    assert rows["丁1"]["complaints_per_1000"] == "0.48" and rows["丁1"]["many_complaints"] == "yes"
    assert rows["乙1"]["unmanaged_share"] == "0.0" and rows["甲1"]["many_complaints"] == "no"
    assert units.exists()


def test_the_command_prints_a_summary(tmp_path: Path) -> None:
    communities, units = write_town(tmp_path)
    given = ["--communities", communities, "--units", units, "--workers", 1, "--out", tmp_path / "scan.csv"]
    done = CliRunner().invoke(command, [*map(str, given), "--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["statuses"] == {"optimal": 3, "none": 3}
    done = CliRunner().invoke(command, [str(one) for one in given], catch_exceptions=False)
    assert "6 个社区（测算）" in done.stdout and "4/4" in done.stderr


def test_options_out_of_range_are_told(tmp_path: Path) -> None:
    communities, _ = write_town(tmp_path)
    with pytest.raises(actions.ScanError, match="--workers"):
        scan(tmp_path / "scan.csv", communities, options=Options(workers=0))


def test_with_a_day_only_communities_valid_then_are_tried(tmp_path: Path) -> None:
    """The old 甲 was valid until 2021-07-01, end excluded; the new one is from that day on."""
    frame = gpd.GeoDataFrame(
        {"code": ["甲", "甲"], "households": [4000, 2500], "valid_from": ["2015-01-01", "2021-07-01"],
         "valid_to": ["2021-07-01", None]},
        geometry=[ground(0), ground(0)], crs=4326,
    )  # fmt: skip
    frame.to_file(tmp_path / "c.geojson")
    for day, households in (("2021-06-30", "4000"), ("2021-07-01", "2500")):
        options = Options(workers=1, on=datetime.date.fromisoformat(day))
        scan(tmp_path / "scan.csv", tmp_path / "c.geojson", options=options)
        (row,) = untimed(tmp_path / "scan.csv")
        assert (row["households"], row["reason"].count("不止一次")) == (households, 0)
    with pytest.raises(Invalid, match="2014-01-01"):
        scan(tmp_path / "scan.csv", tmp_path / "c.geojson", options=Options(on=datetime.date(2014, 1, 1)))


def test_the_new_border_on_the_page_is_the_line_between_the_parts(town: Path) -> None:
    """Three communities are divided, so three dashed lines; that of 甲 is 400 m of a community of 400 m by 400 m."""
    text = (town / "scan.html").read_text(encoding="utf-8")
    assert text.count('<path class="border"') == 3


def test_the_scheduler_of_the_settings_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    communities, units = write_town(tmp_path)
    monkeypatch.setattr(clients, "CONNECT_S", 1)
    monkeypatch.setenv("GEOAPP_DASK_SCHEDULER", "tcp://127.0.0.1:1")
    given = ["--communities", communities, "--units", units, "--out", tmp_path / "scan.csv"]
    done = CliRunner().invoke(command, [str(one) for one in given])
    assert isinstance(done.exception, WorkersUnavailable) and "tcp://127.0.0.1:1" in str(done.exception)
    done = CliRunner().invoke(command, [*map(str, given), "--scheduler", "", "--workers", "1"], catch_exceptions=False)
    assert done.exit_code == 0
