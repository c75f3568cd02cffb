"""Whatever GDAL reads, through pyogrio, some thousand rows at a time; a row it stumbles over is set aside alone."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geoapp.layers import faults
from geoapp.layers.cleaning import Rows
from geoapp.layers.faults import Fault
from geoapp.layers.formats.source import ROWS_AT_ONCE, MustChoose, Source, Unreadable, storable, unique_names

#: Every byte is a character here: text is read so and decoded by ourselves, for one cut-off name must not stop a file.
_RAW = "ISO-8859-1"
#: WKB types 8 to 12 (and with heights 1008 and so on): arcs and what is made of them.
_CURVES = {8, 9, 10, 11, 12, 13, 14}


@dataclass(frozen=True, slots=True)
class Sublayer:
    """One layer of a file that holds several."""

    name: str
    geometry_type: str | None


@contextmanager
def gdal_errors(path: Path) -> Iterator[Any]:
    """pyogrio, with its errors as one sentence and its chatter kept off the screen."""
    import pyogrio
    import pyogrio.errors
    import pyogrio.raw

    logging.getLogger("pyogrio").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield pyogrio
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
        pyogrio.errors.FieldError,
        pyogrio.errors.GeometryError,
        UnicodeDecodeError,
    ):
        raise Unreadable(
            f"文件 {path.name} 打不开，可能已损坏、不完整或扩展名不符；请在原软件中重新导出后再导入。"
        ) from None


def sublayers(path: Path) -> list[Sublayer]:
    """Layers of a file, in its order."""
    with gdal_errors(path) as pyogrio:
        return [Sublayer(str(name), kind and str(kind)) for name, kind in pyogrio.list_layers(path)]


def choose(path: Path, wanted: str) -> Sublayer:
    """The layer to read: the one named, or the only one that has shapes."""
    there = sublayers(path)
    if not there:
        raise Unreadable(f"文件 {path.name} 里没有图层；请重新导出。")
    if wanted:
        for layer in there:
            if layer.name == wanted:
                return layer
        raise MustChoose(f"文件 {path.name} 里没有名为“{wanted}”的图层；其中有 {'、'.join(x.name for x in there)}。")
    drawn = [layer for layer in there if layer.geometry_type is not None] or there
    if len(drawn) > 1:
        names = "、".join(x.name for x in drawn)
        raise MustChoose(f"文件 {path.name} 里有 {len(drawn)} 个图层（{names}）；请用 --sublayer 指明其一。")
    return drawn[0]


def open_gdal(
    path: Path,
    *,
    format: str,
    sublayer: str = "",
    encoding: str = "",
    encoding_basis: str = "",
    where: str = "",
    oversized: Sequence[int] = (),
) -> Source:
    """One layer of a file that GDAL reads.

    ``encoding`` is given where GDAL leaves the text as it is in the file, and empty where it recodes it;
    ``oversized`` are positions of rows that are not even tried.
    """
    layer = choose(path, sublayer)
    with gdal_errors(path) as pyogrio:
        info = pyogrio.read_info(path, layer=layer.name, encoding=_RAW if encoding else None)
    return Source(
        format=format,
        read=lambda: read_layer(path, layer.name, encoding=encoding, where=where, oversized=oversized),
        crs=_crs(info.get("crs")),
        crs_basis="文件自带" if info.get("crs") else "",
        encoding=encoding.upper() or str(info.get("encoding") or "UTF-8"),
        encoding_basis=encoding_basis or "文件格式规定",
        sublayer=layer.name,
    )


def _crs(found: Any) -> str:
    text = str(found or "")
    # GeoPackage writes "undefined" as a CRS of its own.
    return "" if "Undefined" in text or 'ENGCRS["' in text or text.startswith("LOCAL_CS") else text


def read_layer(
    path: Path,
    layer: str,
    *,
    encoding: str = "",
    where: str = "",
    first_number: int = 1,
    oversized: Sequence[int] = (),
) -> Iterator[Rows]:
    """Rows of one layer, numbered from ``first_number``."""
    options = {"layer": layer, "encoding": _RAW if encoding else None, "where": where or None}
    start, walls = 0, sorted(oversized)
    while True:
        while walls and walls[0] < start:
            walls.pop(0)
        if walls and walls[0] == start:
            rows, count = _one_fault(faults.TOO_MANY), 1
        else:
            count = min(ROWS_AT_ONCE, walls[0] - start) if walls else ROWS_AT_ONCE
            rows = _read_some(path, start, count, options, encoding)
        if not len(rows.numbers):
            return
        rows.numbers += start + first_number - 1
        yield rows
        start += len(rows.numbers)
        if len(rows.numbers) < count:
            return


def _read_some(path: Path, start: int, count: int, options: dict[str, Any], encoding: str) -> Rows:
    """Rows ``start`` to ``start + count``; where GDAL gives up on the lot, they are read in ever smaller lots."""
    import pyogrio.errors

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.getLogger("pyogrio").setLevel(logging.CRITICAL)
            meta, _, wkb, columns = pyogrio.raw.read(path, skip_features=start, max_features=count, **options)
    except (pyogrio.errors.FeatureError, pyogrio.errors.GeometryError, UnicodeDecodeError):
        if count == 1:
            return _one_fault(faults.BROKEN_ROW)
        half = count // 2
        first = _read_some(path, start, half, options, encoding)
        return _joined(first, _read_some(path, start + half, count - half, options, encoding))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FieldError):
        with gdal_errors(path):
            raise
    return _rows(meta, wkb, columns, encoding)


def _rows(meta: dict[str, Any], wkb: Any, columns: list[Any], encoding: str) -> Rows:
    count = len(columns[0]) if columns else (0 if wkb is None else len(wkb))
    names = unique_names([_text(str(name), encoding) for name in meta["fields"]])
    values = [_plain(column, encoding) for column in columns]
    props: list[dict[str, Any]] = []
    mended: list[int] = []
    for i, row in enumerate(zip(*values, strict=True) if values else [()] * count):
        clean, changed = storable(dict(zip(names, row, strict=True)))
        props.append(clean)
        if changed or (encoding and any(isinstance(v, str) and "\ufffd" in v for v in row)):
            mended.append(i)
    shapes = np.full(count, None, dtype=object)
    bad: dict[int, Fault] = {}
    closed: list[int] = []
    if wkb is not None:
        _decode(wkb, shapes, bad, closed)
    return Rows(
        numbers=np.arange(1, count + 1, dtype=np.int64),
        shapes=shapes,
        props=props,
        faults=bad,
        closed=closed,
        mended=mended,
        shapeless=wkb is None or meta.get("geometry_type") is None,
    )


def _decode(wkb: Any, shapes: Any, bad: dict[int, Fault], closed: list[int]) -> None:
    for i, blob in enumerate(wkb):
        if blob is not None and len(blob) > 16 * faults.MOST_VERTICES + 1000:
            bad[i] = faults.TOO_MANY
            wkb[i] = None
    shapes[:] = shapely.from_wkb(wkb, on_invalid="ignore")
    for i in np.flatnonzero(shapely.is_missing(shapes)).tolist():
        if i in bad:
            continue
        if wkb[i] is None:
            bad[i] = faults.NO_SHAPE
            continue
        if (int.from_bytes(wkb[i][1:5], "little" if wkb[i][0] else "big") & 0xFFFF) % 1000 in _CURVES:
            bad[i] = faults.CURVE
            continue
        mended = shapely.from_wkb(wkb[i], on_invalid="fix")
        if mended is None:
            bad[i] = faults.BROKEN_ROW
        else:
            shapes[i] = mended
            closed.append(i)


def _plain(column: Any, encoding: str) -> list[Any]:
    """A column of GDAL's values as values that JSON knows."""
    kind = column.dtype.kind
    if kind == "M":
        return [None if text == "NaT" else text for text in np.datetime_as_string(column).tolist()]
    values = column.tolist()
    if kind == "f":
        return [None if value != value else value for value in values]
    if kind == "O":
        return [_text(v, encoding) if isinstance(v, str) else None if v is None else _plain_object(v) for v in values]
    return list(values)


def _text(value: str, encoding: str) -> str:
    """A text that was read byte by byte, in its true letters; half a character at a cut becomes one mark."""
    return value.encode(_RAW).decode(encoding, "replace") if encoding else value


def _plain_object(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value if isinstance(value, bool | int | float | list | dict) else str(value)


def _one_fault(fault: Fault) -> Rows:
    return Rows(np.ones(1, dtype=np.int64), np.full(1, None, dtype=object), [{}], faults={0: fault})


def _joined(first: Rows, second: Rows) -> Rows:
    n = len(first.numbers)
    return Rows(
        numbers=np.arange(1, n + len(second.numbers) + 1, dtype=np.int64),
        shapes=np.concatenate([first.shapes, second.shapes]),
        props=first.props + second.props,
        faults={**first.faults, **{n + i: fault for i, fault in second.faults.items()}},
        closed=first.closed + [n + i for i in second.closed],
        mended=first.mended + [n + i for i in second.mended],
        shapeless=first.shapeless and second.shapeless,
    )
