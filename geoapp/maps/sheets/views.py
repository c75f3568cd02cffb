"""Downloads of a plan: the sheet on paper and as a workbook, files for other programs, a page to hand out."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from apiflask import APIBlueprint
from flask import Response, make_response

from geoapp.accounts.guards import actor
from geoapp.db import utcnow
from geoapp.errors import NotFound
from geoapp.maps import handout
from geoapp.maps.sheets import comparison, geofiles, paper, words, workbook
from geoapp.splitting.drafts import actions
from geoapp.splitting.drafts.actions import Drawing
from geoapp.splitting.drafts.comparison import Comparison, file_word
from geoapp.splitting.drafts.ground import Ground
from geoapp.splitting.inventory import Inventory
from geoapp.splitting.store import write_units
from geoapp.web import current
from geoapp.web.describing import describe
from geoapp.web.limits import limited
from geoapp.web.rights import needs

blueprint = APIBlueprint("sheets", __name__, enable_openapi=False)


@dataclass(frozen=True)
class Wanted:
    """What a download is made from."""

    division_id: str
    number: int
    drawing: Drawing
    ground: Ground
    sheet: Comparison
    codes: tuple[str, ...]

    @property
    def part_of(self) -> Any:
        """(n,) parts."""
        return np.array(self.drawing.plan.part_of, dtype=np.int64)

    @property
    def stem(self) -> str:
        """File name of a plan without its ending, such as 霞光里-划分方案-第2稿-20261121."""
        day = f"{self.sheet.made_on:%Y%m%d}"
        return f"{file_word(self.sheet.place.name)}-划分方案-第{self.number}稿-{day}"


@dataclass(frozen=True)
class Download:
    """A kind of file: its ending, its type, and how it is written."""

    title: str
    ending: str
    content_type: str
    write: Callable[[Wanted], bytes]
    is_sheet: bool = False


def _gis(write: Callable[..., bytes]) -> Callable[[Wanted], bytes]:
    return lambda w: write(w.ground, w.part_of, w.drawing.score, codes=w.codes)


def _shapefile(encoding: str) -> Callable[[Wanted], bytes]:
    return lambda w: geofiles.shapefile(
        w.ground, w.part_of, w.drawing.score, encoding=encoding, stem=w.stem, codes=w.codes
    )


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8")


def _plan(w: Wanted) -> bytes:
    return _json(actions.plan_document(current.database(), w.division_id, w.number))


def _certificate(w: Wanted) -> bytes:
    return _json(actions.certificate_of(current.database(), w.division_id, w.number))


def _units(w: Wanted) -> bytes:
    """The units as `geoapp verify --units` reads them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "units.gpkg"
        write_units(path, Inventory(w.ground.units, ()))
        return path.read_bytes()


def _page(w: Wanted) -> bytes:
    """The plan over today's border, as one file that opens anywhere."""
    sheet, score = w.sheet, w.drawing.score
    shapes = [
        handout.Shape(b.geometry, b.name or "道路", colour="#8b929c", width=2.0)
        for b in sheet.background
        if b.kind in {"road", "minor", "rail"}
    ]
    told = []
    for part, shape in zip(score.parts, sheet.plan.shapes, strict=True):
        size = f"{part.name} {words.count(part.households, estimated=words.is_estimated(part))} 户"
        told.append(
            f"{size}{part.mark and f'（{part.mark}）'}：应配（测算）{words.staff(part.staff_min, part.staff_max)} 人，"
            f"人员缺口 {words.count(part.shortfall)} 人，人均服务 {words.load(part.load)} 户。{part.extent}"
        )
        colour = paper.PART_COLOURS[(part.number - 1) % len(paper.PART_COLOURS)]
        shapes.append(handout.Shape(shape, size, colour=colour, fill=colour, width=3.0, named=True))
    shapes.append(handout.Shape(sheet.place.outline.boundary, "现状界线", width=2.5, dash="8 5"))
    notes = [
        "内部资料" + ("，数据为示意" if sheet.illustrative else "") + "；应配人数为测算，图未经审图，不得公开。",
        f"{sheet.plan.name}：{sheet.plan.proof.sentence}。变更社区 {score.moved_households} 户，"
        f"新界线 {score.border.length_m:.0f} 米（{words.border(score)}）。",
        *told,
        f"资料来源：{'；'.join(sheet.sources) or '未登记'}。制图 {words.day(sheet.made_on)}。",
    ]
    return handout.page(f"{sheet.place.name} 划分方案 第{w.number}稿", notes=notes, shapes=shapes)


DOWNLOADS = {
    "pdf": Download("方案比选表（A3，PDF）", "pdf", "application/pdf", lambda w: comparison.write(w.sheet), True),
    "xlsx": Download(
        "方案比选表（Excel）", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        lambda w: workbook.write(w.sheet), True,
    ),
    "gpkg": Download("GeoPackage", "gpkg", "application/geopackage+sqlite3", _gis(geofiles.geopackage)),
    "geojson": Download("GeoJSON", "geojson", "application/geo+json", _gis(geofiles.geojson)),
    "shp": Download("Shapefile（UTF-8）", "zip", "application/zip", _shapefile("UTF-8")),
    "shp-gbk": Download("Shapefile（GBK）", "gbk.zip", "application/zip", _shapefile("GBK")),
    "csv": Download(
        "单元归属表（CSV）", "csv", "text/csv; charset=utf-8",
        lambda w: geofiles.assignment_csv(w.ground, w.part_of, w.drawing.score),
    ),
    "json": Download("方案文件（plan.json）", "plan.json", "application/json", _plan),
    "html": Download("离线网页", "html", "text/html; charset=utf-8", _page),
    "units": Download("划分单元（核验用）", "units.gpkg", "application/geopackage+sqlite3", _units),
    "certificate": Download("核验文件", "certificate.json", "application/json", _certificate),
}  # fmt: skip

_TYPES = tuple(sorted({kind.content_type.partition(";")[0] for kind in DOWNLOADS.values()}))


@blueprint.get("/api/divisions/<division_id>/plans/<int:number>/download/<kind>")
@needs("divisions.read")
@limited("export", "30/minute")
@describe(answers={200: _TYPES}, errors=(409,))
def download(division_id: str, number: int, kind: str) -> Response:
    """A plan as a file; always an attachment, since a page to hand out has scripts of its own."""
    if kind not in DOWNLOADS:
        raise NotFound(f"没有 {kind[:20]} 这种文件；可下载的是 {'、'.join(DOWNLOADS)}。")
    database, wanted = current.database(), DOWNLOADS[kind]
    made_on = utcnow().astimezone(current.settings().zone).date()
    actions.require(database, actor(), "divisions.read", division_id, on=made_on)
    drawing = actions.drawing(database, division_id, number)
    ground, _ = actions.ground_of(database, division_id)
    sheet = actions.compare(database, division_id, number, made_on=made_on)
    codes = actions.codes_of(actions.look(database, division_id), drawing.plan)
    given = Wanted(division_id, number, drawing, ground, sheet, tuple(code or "" for code in codes))
    response = make_response(wanted.write(given))
    name = f"{sheet.stem if wanted.is_sheet else given.stem}.{wanted.ending}"
    response.content_type = wanted.content_type
    # Old browsers read the plain name, all others the one in UTF-8.
    response.headers["Content-Disposition"] = (
        f"attachment; filename=plan-{number}.{wanted.ending}; filename*=UTF-8''{quote(name, safe='')}"
    )
    response.headers["Cache-Control"] = "no-store"
    return response
