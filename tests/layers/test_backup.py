"""A backup taken while a file is being imported restores to the layer before the import or after it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from geoapp.backups import read_backup, write_backup
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.layers import store
from geoapp.schema import prepared
from tests.engines import environment

pytestmark = pytest.mark.engines

LOOP = """
import sys
from pathlib import Path
from geoapp.accounts.people import system
from geoapp.config import read_settings
from geoapp.db import Database
from geoapp.files import FileStore
from geoapp.layers.actions import import_file
from geoapp.layers.importing import ImportOptions
settings = read_settings()
database, files = Database(settings), FileStore(settings.data / "files")
while True:
    for path in sys.argv[1:]:
        import_file(database, files, Path(path), ImportOptions(layer="blocks", crs="4326"), by=system("test"))
        print(path, flush=True)
"""


def make_file(path: Path, rows: int) -> Path:
    squares = [
        {
            "type": "Feature",
            "properties": {"name": f"{path.stem}{n}"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[x, 39.9], [x + 1e-4, 39.9], [x + 1e-4, 39.9001], [x, 39.9001], [x, 39.9]]],
            },
        }
        for n in range(rows)
        for x in [116.4 + n * 2e-4]
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": squares}), encoding="utf-8")
    return path


def rows_of(database: Database) -> tuple[int, str]:
    with database.reading() as connection:
        layer = store.layer_by_key(connection, "blocks")
        names = store.features(connection, layer.id).names
    return len(names), names[0].rstrip("0123456789")


def test_a_backup_beside_an_import_is_the_old_layer_or_the_new_one(
    settings: Settings, database: Database, installations: Any, tmp_path: Path
) -> None:
    """Two files of 300 and 500 rows take turns in one layer; a mixture would have another number or both names."""
    count = 4 if database.is_sqlite else 2  # dumping takes longer
    files = [make_file(tmp_path / "a.geojson", 300), make_file(tmp_path / "b.geojson", 500)]
    command = [sys.executable, "-c", LOOP, *map(str, files)]
    surroundings = {**os.environ, **environment(settings), "PYTHONPATH": os.pathsep.join(sys.path)}
    loop = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings)
    try:
        assert loop.stdout is not None
        assert loop.stdout.readline() and loop.stdout.readline()  # both were stored once
        for number in range(count):
            write_backup(database, tmp_path / f"{number}.zip")
            time.sleep(0.07 * number)  # another moment of the loop each time
    finally:
        loop.kill()
        loop.communicate()
    with installations("other", like=None) as new:
        other = prepared(new)
        for number in range(count):
            read_backup(other, tmp_path / f"{number}.zip")
            assert rows_of(other) in {(300, "a"), (500, "b")}
            if other.is_sqlite:
                with other.reading() as connection:
                    assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        other.dispose()
