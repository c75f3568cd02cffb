"""KML placemarks, read as a stream: names, data fields, points, lines, polygons and what is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from geoapp.layers import faults
from geoapp.layers.cleaning import Rows
from geoapp.layers.faults import MOST_VERTICES
from geoapp.layers.formats.source import Source, Unreadable, storable
from geoapp.layers.formats.xml_stream import parse, xml_charset
from geoapp.layers.shapes import Shape, shape_of

_SIMPLE = {"Point", "LineString", "LinearRing", "Polygon"}
_UNKNOWN = {"Model", "Track", "MultiTrack"}


def open_kml(path: Path, *, encoding: str = "") -> Source:
    """A KML file."""
    with path.open("rb") as stream:
        if b"<kml" not in stream.read(65_536):
            raise Unreadable(f"文件 {path.name} 不是 KML；请核对扩展名，或重新导出。")
    found, notes = xml_charset(path, encoding)
    return Source(
        format="KML",
        read=lambda: _chunks(path, found.encoding),
        crs="EPSG:4326",
        crs_basis="KML 标准规定",
        encoding=found.encoding.upper().replace("-SIG", ""),
        encoding_basis=found.basis,
        notes=notes,
    )


@dataclass(slots=True)
class _Placemark:
    fields: dict[str, Any] = field(default_factory=dict)
    geometry: list[dict[str, Any]] = field(default_factory=list)
    too_long: bool = False


class _Reader:
    """Follows the elements; finished rows wait in ``rows``."""

    def __init__(self) -> None:
        self.rows: list[tuple[Shape, dict[str, Any]]] = []
        self._path: list[str] = []
        self._mark: _Placemark | None = None
        self._names: list[str] = []
        self._rings: list[Any] = []
        self._coordinates: Any = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if name == "Placemark":
            self._mark = _Placemark()
        elif name in {"Data", "SimpleData"}:
            self._names.append(attributes.get("name", ""))
        elif name == "Polygon":
            self._rings = []
        elif name in _UNKNOWN and self._mark is not None:
            self._mark.geometry.append({"type": name})

    def end(self, name: str, text: str | None) -> None:
        self._path.pop()
        mark = self._mark
        if mark is None:
            return
        parent = self._path[-1] if self._path else ""
        if name == "Placemark":
            self.rows.append(_row(mark))
            self._mark = None
        elif name in {"name", "description"} and parent == "Placemark":
            mark.fields[name] = (text or "").strip()[:4000]
        elif name == "SimpleData" or (name == "value" and parent == "Data"):
            mark.fields[self._names[-1]] = (text or "").strip()[:4000]
        elif name == "coordinates":
            self._coordinates = _positions(text)
            mark.too_long |= self._coordinates is None
        elif name in _SIMPLE:
            self._finish(name, parent, mark)
        if name in {"Data", "SimpleData"}:
            self._names.pop()

    def _finish(self, name: str, parent: str, mark: _Placemark) -> None:
        if name == "LinearRing" and parent in {"outerBoundaryIs", "innerBoundaryIs"}:
            # The outer ring comes first whatever the order in the file.
            self._rings.insert(0 if parent == "outerBoundaryIs" else len(self._rings), self._taken())
        elif name == "Polygon":
            mark.geometry.append({"type": "Polygon", "coordinates": self._rings})
        elif name == "Point":
            positions = self._taken()
            mark.geometry.append({"type": "Point", "coordinates": positions[0] if len(positions) else []})
        else:
            mark.geometry.append({"type": "LineString", "coordinates": self._taken()})

    def _taken(self) -> Any:
        positions, self._coordinates = self._coordinates, None
        return [] if positions is None else positions


def _row(mark: _Placemark) -> tuple[Shape, dict[str, Any]]:
    if mark.too_long:
        return Shape(fault=faults.TOO_MANY), mark.fields
    if not mark.geometry:
        return Shape(fault=faults.NO_SHAPE), mark.fields
    if len(mark.geometry) == 1:
        return shape_of(mark.geometry[0]), mark.fields
    kinds = {part["type"] for part in mark.geometry}
    if len(kinds) == 1 and (kind := kinds.pop()) in {"Point", "LineString", "Polygon"}:
        parts = [part["coordinates"] for part in mark.geometry]
        return shape_of({"type": f"Multi{kind}", "coordinates": parts}), mark.fields
    return shape_of({"type": "GeometryCollection", "geometries": mark.geometry}), mark.fields


def _positions(text: str | None) -> Any:
    """``lon,lat[,height]`` tuples -> (n, 2) array; None when there are too many, a list when they are no numbers."""
    if text is None or text.count(",") > 2 * MOST_VERTICES + 2:
        return None
    tuples = text.split()
    if len(tuples) > MOST_VERTICES:
        return None
    try:
        return np.array([[float(x) for x in one.split(",")[:2]] for one in tuples], dtype=np.float64)
    except ValueError:
        return [[None, "?"]]


def _chunks(path: Path, encoding: str) -> Iterator[Rows]:
    reader = _Reader()
    parse(path, encoding=encoding, start=reader.start, end=reader.end)
    for start in range(0, len(reader.rows), 4000):
        some = reader.rows[start : start + 4000]
        shapes = np.empty(len(some), dtype=object)
        shapes[:] = [shape.geometry for shape, _ in some]
        fields = [storable(props) for _, props in some]
        yield Rows(
            numbers=np.arange(start + 1, start + len(some) + 1, dtype=np.int64),
            shapes=shapes,
            props=[props for props, _ in fields],
            faults={i: shape.fault for i, (shape, _) in enumerate(some) if shape.fault is not None},
            closed=[i for i, (shape, _) in enumerate(some) if shape.closed],
            mended=[i for i, (_, changed) in enumerate(fields) if changed],
        )
