"""A scan's files: the work file that survives a kill, and the result as CSV, workbook, GeoPackage and page."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from geoapp.errors import Conflict, Invalid
from geoapp.layers.handing_out import harmless
from geoapp.splitting.scanning.division import Outcome
from geoapp.splitting.scanning.measures import SHOWN
from geoapp.splitting.scanning.ranking import Scan
from geoapp.splitting.scanning.results.columns import COLUMNS, as_record, in_words

SUFFIXES = (".csv", ".xlsx", ".gpkg", ".html")
WORK_SUFFIX = ".work"


class OutputError(Invalid):
    """A result cannot be written where it was asked for."""


class ScanRunning(Conflict):
    """Another scan writes to the same files just now."""


def outputs_of(out: Path, *, inputs: Sequence[Path]) -> list[Path]:
    """The result's files beside ``out``; OutputError when ``out`` is no .csv or a file would replace an input."""
    if out.suffix.lower() != ".csv":
        raise OutputError(f"--out {out.name}：请写一个 .csv 文件名，工作簿、地图和页面写在它旁边。")
    if not out.parent.is_dir():
        raise OutputError(f"没有文件夹 {out.parent}：请先建好，或改 --out。")
    files = [out.with_suffix(suffix) for suffix in SUFFIXES]
    there = {path.resolve() for path in inputs}
    for path in files:
        if path.resolve() in there:
            raise OutputError(f"结果 {path.name} 会覆盖输入文件：请给 --out 换个名字。")
    return files


class WorkFile:
    """Outcomes, one JSON line each, on the disk before the next one is begun."""

    def __init__(self, path: Path, stream: BinaryIO, known: dict[str, Outcome]) -> None:
        self.path, self.stream, self.known = path, stream, known

    def append(self, outcome: Outcome) -> None:
        """Write an outcome down, durably."""
        self.stream.write(json.dumps(outcome.as_json(), ensure_ascii=False).encode() + b"\n")
        self.stream.flush()
        os.fsync(self.stream.fileno())


@contextmanager
def work_file(out: Path, *, anew: bool = False) -> Iterator[WorkFile]:
    """The work file beside ``out`` with what a scan before has left in it; removed when the work ends well.

    Raises
    ------
    ScanRunning : another process has it open
    OutputError : it cannot be written
    """
    from filelock import FileLock, Timeout

    path = out.with_name(out.name + WORK_SUFFIX)
    lock = FileLock(out.with_name(out.name + WORK_SUFFIX + ".lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise ScanRunning(f"另一个 geoapp scan 正在写 {out.name}：请等它结束，或换一个 --out。") from None
    except OSError as fault:
        raise OutputError(f"写不了 {path}：{fault.strerror}。请核对文件夹权限和磁盘空间。") from None
    try:
        if anew:
            path.unlink(missing_ok=True)
        known, end = _left(path)
        with path.open("ab") as stream:
            stream.truncate(end)
            yield WorkFile(path, stream, known)
        path.unlink(missing_ok=True)
    finally:
        lock.release()
        with suppress(OSError):
            Path(lock.lock_file).unlink(missing_ok=True)


def _left(path: Path) -> tuple[dict[str, Outcome], int]:
    """Outcomes by fingerprint, and where the last whole line ends: a kill may leave half a line."""
    known: dict[str, Outcome] = {}
    end = 0
    if not path.exists():
        return known, end
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            outcome = Outcome(**json.loads(line))
        except (ValueError, TypeError):
            break
        if not line.endswith(b"\n"):
            break
        end += len(line)
        # What failed may have failed for want of memory: it is tried again.
        if outcome.status != "failed":
            known[outcome.fingerprint] = outcome
    return known, end


def write_all(scan: Scan, out: Path, *, parts: Any, page: str) -> None:
    """CSV, workbook, GeoPackage and page; each whole or not at all.

    ``parts`` : GeoDataFrame of the proposed parts, or None; ``page`` : the HTML text
    """
    _whole(out.with_suffix(".csv"), lambda draft: _write_csv(scan, draft))
    _whole(out.with_suffix(".xlsx"), lambda draft: _write_workbook(scan, draft))
    _whole(out.with_suffix(".gpkg"), lambda draft: _write_geopackage(scan, draft, parts))
    _whole(out.with_suffix(".html"), lambda draft: draft.write_text(page, encoding="utf-8"))


def _whole(path: Path, write: Callable[[Path], Any]) -> None:
    draft = path.with_name(f".{path.stem}.part{path.suffix}")
    draft.unlink(missing_ok=True)
    try:
        write(draft)
        draft.replace(path)
    except OSError as fault:
        draft.unlink(missing_ok=True)
        raise OutputError(
            f"写不了 {path}：{fault.strerror or fault}。请关掉正打开它的程序，核对磁盘空间，再用同一命令运行。"
        ) from None


def _write_csv(scan: Scan, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [column.key for column in COLUMNS])
        writer.writeheader()
        writer.writerows({key: harmless(value) for key, value in as_record(row).items()} for row in scan.rows)


def _write_workbook(scan: Scan, path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    rows: list[list[Any]] = [[column.title for column in COLUMNS]]
    rows += [[in_words(row, column) for column in COLUMNS] for row in scan.rows]
    shares = {at for at, column in enumerate(COLUMNS, 1) if column.kind == "share"}
    _add_sheet(book, "逐社区测算", rows, shares=shares, freeze="D2")
    _add_sheet(book, "说明", [["项目", "内容"], *notes_of(scan)], shares=set(), freeze="A2")
    _add_sheet(book, "指标", [["指标", "单位", "算法", "来源", "版本"], *_formulas()], shares=set(), freeze="A2")
    book.save(path)


def _formulas() -> list[list[Any]]:
    return [[one.title_zh, one.unit, one.formula, one.source, f"{one.key} v{one.version}"] for one in SHOWN]


def _add_sheet(book: Any, title: str, rows: Sequence[Sequence[Any]], *, shares: set[int], freeze: str) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    page = book.create_sheet(title)
    wrapped, bold = Alignment(wrap_text=True, vertical="top"), Font(bold=True)
    for r, row in enumerate(rows, 1):
        for c, value in enumerate(row, 1):
            cell = page.cell(r, c)
            cell.value = value
            if isinstance(value, str):
                # A name that begins with = is a name, not a formula; a code is no number.
                cell.data_type = "s"
                cell.alignment = wrapped
            elif c in shares and value is not None:
                cell.number_format = "0.0%"
            if r == 1:
                cell.font = bold
    page.freeze_panes = freeze
    page.auto_filter.ref = page.dimensions
    for c in range(1, max(len(row) for row in rows) + 1):
        widest = max(len(str(row[c - 1])) for row in rows if len(row) >= c)
        page.column_dimensions[get_column_letter(c)].width = min(max(8, widest * 1.7), 44)
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A3
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True


def notes_of(scan: Scan) -> list[list[str]]:
    """What stands beside the figures: limits, rules with sources, thresholds, and notes."""
    limits, rules = scan.limits, scan.rules
    staff = rules.numbers["households_per_worker_most"]
    parts = f"{limits.least} 至 {limits.most} 户"
    rows = [
        ["性质", "测算结果，供研究参考，不作为对任何单位的结论。"],
        ["规模", f"超过 {limits.over} 户或 {limits.people_over} 人为超规模；拟设的每一部分 {parts}。"],
        ["依据", f"{rules.title_zh}（{rules.document}）；来源：{staff.source}；{MARKS.get(staff.mark, staff.mark)}"],
        ["难管标志", "、".join(f"{name}：{reason}" for name, reason in scan.thresholds)],
        ["次序", "先超规模且难管，再超规模，再规模过小；同类中难管标志多的、户数多的在前。"],
    ]  # fmt: skip
    return rows + [["注意", note] for note in scan.notes]


MARKS = {"verified": "已核对原文", "draft": "征求意见稿", "unverified": "未核对原文"}


def _write_geopackage(scan: Scan, path: Path, parts: Any) -> None:
    import geopandas as gpd
    import pyogrio

    records = [as_record(row) for row in scan.rows]
    columns = {
        column.key: [None if record[column.key] == "" else record[column.key] for record in records]
        for column in COLUMNS
    }
    frame = gpd.GeoDataFrame(columns, geometry=[row.community.geometry for row in scan.rows], crs=4326)
    for key in COLUMNS:
        if frame[key.key].map(type).eq(str).any():
            frame[key.key] = frame[key.key].astype(object)
    pyogrio.write_dataframe(frame, path, layer="communities", promote_to_multi=True, geometry_type="MultiPolygon")
    if parts is not None and len(parts):
        pyogrio.write_dataframe(parts, path, layer="parts", promote_to_multi=True)
