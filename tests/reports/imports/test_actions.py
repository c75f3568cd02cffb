"""History comes in row by row and loses none; it comes in once, into nobody's inbox, and can be taken back."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from geoapp.accounts.trail.actions import verify
from geoapp.errors import Invalid, NotAllowed
from geoapp.geo.crs import crs_of, to_metres, wgs84_to_gcj02
from geoapp.layers.formats.source import Unreadable
from geoapp.reports import store as core
from geoapp.reports.figures.tables import callbacks
from geoapp.reports.handling.actions import accept, note
from geoapp.reports.imports import actions, commands, store
from geoapp.reports.imports.history import REASONS as WORDS_OF_REASONS
from geoapp.reports.imports.history import MissingColumns
from geoapp.reports.imports.undoing.actions import UndoneTwice, undo_import
from geoapp.reports.inbox.actions import counts, nearby, public_reports
from geoapp.reports.rising.actions import escalate_due
from geoapp.reports.tables import report_texts, reports
from tests.engines import environment
from tests.reports.imports.rows import HEAD, MAPPING, X, Y, row, table
from tests.reports.world import GRID, NOW, SYSTEM, Town

pytestmark = pytest.mark.engines


ROWS = [
    row("A1"), row("A2", 状态="在办", 办结=""), row("A3", 状态="不属", 经度="", 纬度=""),
    row("A4", 类别="飞碟", 期限="", 经度="0", 纬度="0"), row("A5", 办结="2026-09-30T10:00:00"),
    row(""), row("A1", 内容="又来一次"), row("B1", 受理="昨天"), row("B2", 状态="待定"), row("B3", 办结=""),
    row("B4", 状态="在办"), row("B5", 受理=""),
]  # fmt: skip
REASONS = {
    "no_number": 1, "repeated": 1, "bad_opened": 1, "unknown_status": 1, "contradiction": 2, "no_opened": 1,
}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(rows: list[dict[str, Any]], *, name: str = "旧.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_text(table(rows), encoding=encoding)
        return path

    return write


def bring(town: Town, path: Path, **more: Any) -> actions.Outcome:
    return actions.import_history(town.database, SYSTEM, path, MAPPING, now=NOW, **more)


def cases(town: Town) -> dict[str, Any]:
    with town.database.reading() as connection:
        rows = connection.execute(sa.select(*core.CASE_COLUMNS).where(reports.c.origin == "old-desk"))
        return {r.origin_number: core.case_of(r) for r in rows}


def test_every_row_is_stored_or_set_aside_with_its_reason(town: Town, file: Callable[..., Path]) -> None:
    done = bring(town, file(ROWS, encoding="gb18030"))
    assert (done.rows_in, done.stored, done.known, done.aside) == (12, 5, 0, 7)
    assert done.encoding == "GB18030" and dict(done.reasons) == REASONS
    assert dict(done.notes) == {"no_coordinates": 1, "unknown_kind": 1, "bad_coordinates": 1, "closed_before_opened": 1}
    assert dict(done.states) == {"done": 3, "open": 1, "not_ours": 1}
    found = cases(town)
    first = found["A1"]
    assert (first.stage, first.outcome, first.channel, first.kind) == ("evaluate", "done", "import", "rubbish")
    # Nine o'clock in Beijing is one in the morning of UTC.
    assert first.reported_at == datetime(2026, 10, 1, 1, 0, tzinfo=UTC)
    assert (first.lon, first.lat) == pytest.approx((X, Y)) and first.place_code == GRID + "01"
    assert (found["A3"].lon, found["A3"].outcome, found["A3"].evidence) == (None, "not_ours", "none")
    assert (found["A4"].kind, found["A4"].due_at) == ("unsorted", None)
    with town.database.reading() as connection:
        (batch,) = store.recent(connection)
        aside = {(a.row, a.number): a for a in store.aside(connection, batch.id)}
        rows = store.rows_of(connection, batch.id, [first.id])
        words = connection.execute(sa.select(report_texts.c.text).where(report_texts.c.report_id == first.id)).scalar()
    assert aside[8, "A1"].message == "编号与第 2 行相同" and all(a.remedy for a in aside.values())
    assert (rows, words) == ({first.id: 2}, "垃圾满冒")
    assert batch.summary["finished"] and (batch.rows_in, batch.origin) == (12, "old-desk")
    assert verify(town.database)[1] is None


def test_coordinates_that_are_dropped_or_swapped_are_told(town: Town, file: Callable[..., Path]) -> None:
    """Swapped in the places, or off the globe; what lies elsewhere on it is no mistake."""
    metres, elsewhere = {"经度": 447000, "纬度": 4420000}, {"经度": -73.9, "纬度": 40.7}
    rows = [
        row("A1"), row("A2", 经度=Y, 纬度=X), row("A3", 经度=200, 纬度=95), row("A4", **metres),
        row("A5", **elsewhere), row("A6", 经度="", 纬度=""), row("A7", 经度="1e308", 纬度="-1e308"),
    ]  # fmt: skip
    for dry_run in (True, False):
        done = bring(town, file(rows), dry_run=dry_run)
        assert dict(done.notes) == {"swapped": 1, "bad_coordinates": 3, "no_coordinates": 1}
    assert (done.stored, done.placed) == (7, 1)
    told = commands._told("旧.csv", done.as_json())
    assert "写反了 1 行；把映射里的 x 和 y 两列对调" in told and "坐标不可用 3 行；核对" in told


@pytest.mark.parametrize("crs", ["gcj02", "EPSG:4547"])
@pytest.mark.engines("sqlite")
def test_swapped_coordinates_are_told_in_other_systems(crs: str, town: Town, file: Callable[..., Path]) -> None:
    point = np.array([[X, Y]])
    x, y = (wgs84_to_gcj02(point) if crs == "gcj02" else to_metres(point, crs_of(crs)))[0].tolist()
    mapping = MAPPING.replace("EPSG:4326", crs)
    path = file([row("A1", 经度=x, 纬度=y), row("A2", 经度=y, 纬度=x)])
    done = actions.import_history(town.database, SYSTEM, path, mapping, now=NOW, dry_run=True)
    assert (dict(done.notes), done.placed) == ({"swapped": 1}, 1)


def test_22_the_same_file_again_changes_nothing(town: Town, file: Callable[..., Path]) -> None:
    path = file(ROWS)
    bring(town, path)
    before = cases(town)
    again = bring(town, path)
    # A1 stands twice in the file: both are known now, and the five bad rows stay bad.
    assert (again.rows_in, again.stored, again.known, again.aside) == (12, 0, 6, 6)
    assert cases(town) == before


def test_an_import_that_broke_off_goes_on(
    town: Town, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "_BATCH", 2)

    def stop(rows: int) -> None:
        if rows >= 4:
            raise KeyboardInterrupt

    path = file([row(f"N{n}") for n in range(9)])
    with pytest.raises(KeyboardInterrupt):
        bring(town, path, progress=stop)
    with town.database.reading() as connection:
        (batch,) = store.recent(connection)
    assert (batch.rows_stored, batch.summary["finished"]) == (4, False)
    done = bring(town, path)
    assert (done.stored, done.known) == (5, 4) and len(cases(town)) == 9


def test_history_is_in_nobodys_inbox_and_no_clock_touches_it(town: Town, file: Callable[..., Path]) -> None:
    before = {name: counts(town.database, town.people[name], now=NOW) for name in ("grid", "secretary", "district")}
    bring(town, file(ROWS))
    after = {name: counts(town.database, town.people[name], now=NOW) for name in before}
    # The archive has it: A1 and A5 are closed, with A2 they are all that lie anywhere.
    changed = {(w, n - before[who][w]) for who in after for w, n in after[who].items() if n != before[who][w]}
    assert changed == {("closed", 2), ("all", 3)}
    done = escalate_due(town.database, now=NOW)
    assert (done.reminded, done.raised) == (0, 0)
    # Nobody is asked to join what nobody works on; but it is on the public map as what it is.
    assert nearby(town.database, "rubbish", X, Y, now=NOW) == []
    assert len(public_reports(town.database, is_open=True)) == 1
    with town.database.reading() as connection:
        held = connection.execute(sa.select(sa.func.count()).where(report_texts.c.state == "held")).scalar()
    assert held == 0


def test_live_what_is_open_becomes_a_case_with_its_own_term(town: Town, file: Callable[..., Path]) -> None:
    done = bring(town, file(ROWS), live=True)
    assert (done.stored, done.live) == (5, 1)
    case = cases(town)["A2"]
    assert (case.stage, case.duty_code, case.due_at) == ("collect", GRID, datetime(2026, 10, 2, 1, 0, tzinfo=UTC))
    assert town.kinds(case.key) == ["send"] and counts(town.database, town.grid, now=NOW)["place"] == 1
    assert bring(town, file(ROWS), live=True).stored == 0


PLACES = '\n[values.place]\n"我们社区" = "{code}"\n'


def by_place(code: str) -> str:
    """The mapping with a column that names a community."""
    return MAPPING.replace('address = "地点"', 'place = "地点"') + PLACES.format(code=code)


def test_a_code_that_no_place_has_is_told_before_anything_is_stored(town: Town, file: Callable[..., Path]) -> None:
    path = file([row("A1"), row("A2", 状态="在办", 办结="", 经度="", 纬度="", 地点="我们社区")])
    for more in ({"live": True}, {"dry_run": True}):
        with pytest.raises(Invalid, match=r"映射文件 旧\.toml 的 values.place 里“我们社区”的编码 110105999999 没有"):
            actions.import_history(town.database, SYSTEM, path, by_place("110105999999"), now=NOW,
                                   mapping_name="旧.toml", **more)  # type: ignore[arg-type]  # fmt: skip
    with town.database.reading() as connection:
        assert store.recent(connection) == []


def test_live_a_place_that_is_no_more_sets_its_row_aside(
    town: Town, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = "110105012999"
    there = actions.places.taken_codes
    monkeypatch.setattr(actions.places, "taken_codes", lambda connection: there(connection) | {gone})
    here = {"状态": "在办", "办结": "", "经度": "", "纬度": "", "地点": "我们社区"}
    path = file([row("A1"), row("A2", **here), row("A3", **here | {"经度": X, "纬度": Y})])
    for dry_run in (True, False):
        done = actions.import_history(town.database, SYSTEM, path, by_place(gone), now=NOW, live=True, dry_run=dry_run)
        assert (done.stored, done.live, done.aside, dict(done.reasons)) == (2, 1, 1, {"no_place": 1})
    assert set(cases(town)) == {"A1", "A3"} and done.finished


def test_live_a_row_that_is_refused_takes_no_other_along(
    town: Town, file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is that taking in refuses."""
    monkeypatch.setattr("geoapp.reports.texts.LONGEST_TEXT", 30)
    rows = [row("A1"), row("A2", 状态="在办", 办结="", 内容="长" * 31), row("A3", 状态="在办", 办结="")]
    done = bring(town, file(rows), live=True)
    assert (done.stored, done.live, dict(done.reasons)) == (2, 1, {"not_taken": 1})
    assert set(cases(town)) == {"A1", "A3"}


def test_a_batch_is_taken_back_but_not_what_somebody_worked_on(town: Town, file: Callable[..., Path]) -> None:
    done = bring(town, file(ROWS), live=True)
    worked = cases(town)["A2"]
    accept(town.database, town.grid, worked.key, seen=worked.revision, now=NOW)
    assert undo_import(town.database, SYSTEM, done.key, now=NOW) == (4, 1)
    assert list(cases(town)) == ["A2"]
    with pytest.raises(UndoneTwice):
        undo_import(town.database, SYSTEM, done.key, now=NOW)
    # What was taken back can come again.
    assert bring(town, file(ROWS)).stored == 4
    assert verify(town.database)[1] is None


def test_what_somebody_noted_or_called_back_about_stays(town: Town, file: Callable[..., Path]) -> None:
    """A note moves no case, and a call-back leaves no line in it: both are work all the same."""
    here = {"状态": "在办", "办结": ""}
    done = bring(town, file([row("A1"), row("A2"), row("A3", **here), row("A4", **here)]), live=True)
    found = cases(town)
    note(town.database, town.grid, found["A3"].key, "看过现场", now=NOW)
    with town.database.transaction() as connection:
        for called in ("A1", "A4"):
            connection.execute(
                callbacks.insert().values(
                    report_id=core.case(connection, found[called].key).id, source="hotline", at=NOW, reason="",
                    by="test", counts=True, state="answered", responded=True, solved=True, satisfied=True,
                )
            )  # fmt: skip
    assert undo_import(town.database, SYSTEM, done.key, now=NOW) == (1, 3)
    assert set(cases(town)) == {"A1", "A3", "A4"}


def test_live_what_only_the_clock_touched_is_taken_back(town: Town, file: Callable[..., Path]) -> None:
    here = {"状态": "在办", "办结": ""}
    rows = [row("A1"), row("A2", **here), row("A3", **here), row("A4", **here)]
    done = bring(town, file(rows), live=True)
    assert escalate_due(town.database, now=NOW).reminded == 3
    found = cases(town)
    accept(town.database, town.grid, found["A4"].key, seen=found["A4"].revision, now=NOW)
    assert undo_import(town.database, SYSTEM, done.key, now=NOW) == (3, 1)
    with town.database.reading() as connection:
        ended = core.case(connection, found["A2"].key)
        words = connection.execute(sa.select(report_texts.c.text).where(report_texts.c.report_id == ended.id)).scalar()
    assert (ended.stage, ended.outcome, ended.address, words) == ("withdrawn", "withdrawn", "", None)
    assert (
        town.kinds(ended.key) == ["send", "remind", "withdraw"]
        and counts(town.database, town.grid, now=NOW)["place"] == 1
    )
    # All but what is worked on can come again.
    assert (again := bring(town, file(rows), live=True)).stored == 3 and again.known == 1
    assert verify(town.database)[1] is None


def test_a_dry_run_tells_the_same_and_stores_nothing(town: Town, file: Callable[..., Path]) -> None:
    tried = bring(town, file(ROWS), dry_run=True)
    assert cases(town) == {} and (tried.stored, tried.aside, dict(tried.reasons)) == (5, 7, REASONS)
    with town.database.reading() as connection:
        assert store.recent(connection) == []


@pytest.mark.parametrize("who", ["grid", "secretary", "street", "district", "resident"])
def test_only_who_may_import_everywhere_brings_history_in(who: str, town: Town, file: Callable[..., Path]) -> None:
    with pytest.raises(NotAllowed, match="由管理员导入"):
        actions.import_history(town.database, town.people[who], file(ROWS), MAPPING, now=NOW)


def test_gzipped_and_xlsx_files_are_read_alike(town: Town, tmp_path: Path) -> None:
    packed = tmp_path / "旧.csv.gz"
    packed.write_bytes(gzip.compress(table(ROWS[:3]).encode()))
    assert bring(town, packed).stored == 3
    book = openpyxl.Workbook()
    book.active.append(["旧系统导出"])
    book.active.append(HEAD)
    for one in ROWS:
        book.active.append([one[name] for name in HEAD])
    book.save(tmp_path / "旧.xlsx")
    done = bring(town, tmp_path / "旧.xlsx")
    # A1 stands there twice, as in the first file.
    assert (done.rows_in, done.stored, done.known) == (12, 2, 4)


@pytest.mark.engines("sqlite")
def test_22_bombs_and_broken_files_are_refused(town: Town, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.csv.gz"
    bomb.write_bytes(gzip.compress(b"0" * (80 << 20)))
    with pytest.raises(Unreadable, match="展开后过大"):
        bring(town, bomb)
    (tmp_path / "half.csv.gz").write_bytes(gzip.compress(table(ROWS).encode())[:-9])
    with pytest.raises(Unreadable, match="已损坏"):
        bring(town, tmp_path / "half.csv.gz")
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    with pytest.raises(Unreadable, match="应为 CSV 或 XLSX"):
        bring(town, tmp_path / "a.pdf")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(MissingColumns, match="编号、受理、期限"):
        bring(town, tmp_path / "other.csv")
    # A mark that never closes, behind a whole batch: neither are rows lost nor is half of them stored.
    (tmp_path / "open.csv").write_text(table([row(f"N{n}") for n in range(1500)]) + 'X,"2026/10/01' + ",x\n" * 9)
    with pytest.raises(Unreadable, match=r"open\.csv 第 1502 行有一个引号没有配对"):
        bring(town, tmp_path / "open.csv")
    with town.database.reading() as connection:
        assert store.recent(connection) == []


@pytest.mark.engines("sqlite")
def test_every_reason_has_its_words_and_the_command_says_where_the_rows_are(
    town: Town, file: Callable[..., Path]
) -> None:
    path, mapping = file(ROWS), file([], name="m.toml")
    mapping.write_text(MAPPING, encoding="utf-8")
    environ = environment(town.database.settings)
    told = CliRunner(env=environ).invoke(commands.import_, [str(path), "--mapping", str(mapping)])
    assert told.exit_code == 0, told.output
    key = re.search("导入编号 ([0-9a-f]+)", told.output)
    assert key is not None and set(REASONS) <= set(WORDS_OF_REASONS)
    assert "未入库：状态与结案时间矛盾 2 行" in told.output and f"geoapp reports set-aside {key[1]}" in told.output


@pytest.mark.engines("sqlite")
def test_sheets_of_a_workbook_that_were_not_read_are_named(town: Town, tmp_path: Path) -> None:
    """One month a sheet: the first is read, or the one that is named."""
    book = openpyxl.Workbook()
    del book["Sheet"]
    for title in ("1月", "2月"):
        sheet = book.create_sheet(title)
        sheet.append(HEAD)
        sheet.append(list(row(f"A{title}").values()))
    path, mapping = tmp_path / "a.xlsx", tmp_path / "mapping.toml"
    book.save(path)
    mapping.write_text(MAPPING, encoding="utf-8")
    runner = CliRunner(env=environment(town.database.settings))
    for named, unread in (([], "2月"), (["--sheet", "2月"], "1月")):
        told = runner.invoke(commands.import_, [str(path), "--mapping", str(mapping), *named])
        assert f"没有读的工作表：{unread}" in told.output and "读到 1 行 = 入库 1" in told.output
