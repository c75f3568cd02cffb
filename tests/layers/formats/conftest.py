"""Files that GDAL writes for the tests, and a way to read any file as an import would."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely

from geoapp.layers.cleaning import Rows
from geoapp.layers.formats.opening import open_source
from geoapp.layers.formats.source import Source
from geoapp.layers.importing import ImportOptions

NAMES = ["霞光里一号院", "枣营南里", "农展馆", "亮马河北岸"]


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Four squares with Chinese names and fields, written by GDAL in the named driver."""

    def write(name: str, driver: str, **options: Any) -> Path:
        squares = [shapely.box(116.45 + i * 0.01, 39.94, 116.455 + i * 0.01, 39.945) for i in range(4)]
        fields = {"Name" if driver == "KML" else "名称": NAMES, "户数": [10, 20, 30, 40]}
        table = gpd.GeoDataFrame(fields, geometry=squares, crs=4326)
        path = tmp_path / name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pyogrio.write_dataframe(table, path, driver=driver, **options)
        return path

    return write


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., tuple[Source, Rows]]:
    """A file as its source and all its rows in one."""

    def read(path: Path, **said: Any) -> tuple[Source, Rows]:
        workspace = tmp_path / "workspace"
        workspace.mkdir(exist_ok=True)
        source = open_source(path, ImportOptions(**said), workspace=workspace)
        chunks = list(source.read())
        assert len(chunks) == 1
        return source, chunks[0]

    return read
