"""A plan as files that other programs open: GeoPackage, GeoJSON, Shapefile in two encodings, assignment CSV."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoapp.layers.handing_out import harmless
from geoapp.splitting.drafts.ground import Ground
from geoapp.splitting.drafts.scorecard import PlanScore

#: Shapefile text fields hold 254 bytes, which are 84 Chinese characters in UTF-8.
SHAPEFILE_LETTERS = 84


def parts_frame(ground: Ground, part_of: NDArray[Any], score: PlanScore, *, codes: tuple[str, ...] = ()) -> Any:
    """One row per part as a GeoDataFrame in WGS84; field names fit a Shapefile's ten letters."""
    import geopandas as gpd
    import shapely

    shapes = ground.shapes(part_of, parts=len(score.parts))
    multi = [
        s if s.geom_type == "MultiPolygon" else shapely.MultiPolygon([s] if not s.is_empty else []) for s in shapes
    ]
    rows = [
        {
            "part": p.number,
            "name": p.name,
            "code": codes[p.number - 1] if codes else "",
            "households": p.households,
            "estimated": p.households_estimated,
            "staff_min": p.staff_min,
            "staff_max": p.staff_max,
            "staff_now": p.staff_now,
            "shortfall": p.shortfall,
            "load": round(p.load, 2),
            "area_m2": round(p.area_m2, 1),
            "size": p.mark,
            "extent": p.extent,
        }
        for p in score.parts
    ]
    frame = gpd.GeoDataFrame(rows, geometry=multi, crs=4326)
    for field in ("staff_now", "shortfall"):
        frame[field] = frame[field].astype("Int64")
    return frame


def units_frame(ground: Ground, part_of: NDArray[Any]) -> Any:
    """One row per unit with its part."""
    import geopandas as gpd

    units = ground.units
    return gpd.GeoDataFrame(
        {
            "unit": list(units.ids),
            "name": list(ground.names),
            "part": np.asarray(part_of, dtype=np.int64),
            "households": units.households,
            "estimated": units.marks,
            "compound": list(ground.compounds),
            "grid": list(ground.grids),
        },
        geometry=list(units.polygons),
        crs=4326,
    )


def geopackage(ground: Ground, part_of: NDArray[Any], score: PlanScore, *, codes: tuple[str, ...] = ()) -> bytes:
    """Layers ``parts`` and ``units``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.gpkg"
        _write(parts_frame(ground, part_of, score, codes=codes), path, layer="parts", driver="GPKG")
        _write(units_frame(ground, part_of), path, layer="units", driver="GPKG", append=True)
        return path.read_bytes()


def geojson(ground: Ground, part_of: NDArray[Any], score: PlanScore, *, codes: tuple[str, ...] = ()) -> bytes:
    """The parts as RFC 7946 GeoJSON, seven decimals (a centimetre)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.geojson"
        _write(parts_frame(ground, part_of, score, codes=codes), path, driver="GeoJSON", RFC7946="YES")
        return path.read_bytes()


def shapefile(
    ground: Ground, part_of: NDArray[Any], score: PlanScore, *, encoding: str, stem: str, codes: tuple[str, ...] = ()
) -> bytes:
    """The parts as a zipped Shapefile; ``encoding`` UTF-8 or GBK, named in its .cpg."""
    frame = parts_frame(ground, part_of, score, codes=codes)
    for field in ("name", "extent"):
        frame[field] = [t if len(t) <= SHAPEFILE_LETTERS else t[: SHAPEFILE_LETTERS - 1] + "…" for t in frame[field]]
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        _write(frame, Path(folder) / "parts.shp", driver="ESRI Shapefile", encoding=encoding)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
            for path in sorted(Path(folder).iterdir()):
                zipped.write(path, f"{stem}{path.suffix}")
    return out.getvalue()


def assignment_csv(ground: Ground, part_of: NDArray[Any], score: PlanScore) -> bytes:
    """One row per unit, UTF-8 with a byte order mark so that office programs read the Chinese."""
    names = {p.number: p.name for p in score.parts}
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["单元", "名称", "户数", "估算或均摊", "小区", "网格", "部分", "拟设社区"])
    units = ground.units
    for i, part in enumerate(np.asarray(part_of).tolist()):
        row = [units.ids[i], ground.names[i], int(units.households[i]), "是" if units.marks[i] else "否",
               ground.compounds[i] or "", ground.grids[i] or "", part, names[part]]  # fmt: skip
        writer.writerow([harmless(cell) for cell in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")


def _write(frame: Any, path: Path, **options: Any) -> None:
    import pyogrio

    pyogrio.write_dataframe(frame, path, **options)
