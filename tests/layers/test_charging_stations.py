"""Real charging stations by the command line: every one comes in, and lies in the traffic zone that its file names."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyogrio
import pytest
import shapely
import sqlalchemy as sa
from click.testing import CliRunner

from geoapp.cli import geoapp
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.layers.tables import feature

pytestmark = pytest.mark.shared_data


@pytest.fixture
def stations(shared_data: Path) -> Path:
    return shared_data / "shenzhen-charging" / "urbanev_inf_raw.csv"


def test_every_station_comes_in_and_lies_in_the_zone_that_its_file_names(
    stations: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOAPP_DATA", str(settings.data))
    words = ["import", str(stations), "--layer", "stations", "--kind", "charging", "--crs", "EPSG:4326", "--anywhere"]
    done = CliRunner().invoke(geoapp, [*words, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["rows_in"], report["rows_stored"], report["rows_set_aside"]) == (1587, 1587, 0)
    database = Database(settings)
    with database.reading() as connection:
        rows = connection.execute(sa.select(feature.c.geom, feature.c.props)).all()
    database.dispose()
    points = shapely.from_wkb([bytes(row.geom) for row in rows])
    named = [int(row.props["TAZID"]) for row in rows]
    zones = pyogrio.read_dataframe(stations.with_name("sz_taz.gpkg")).to_crs(4326)
    station, zone = shapely.STRtree(zones.geometry.to_numpy()).query(points, predicate="intersects")
    found = {int(s): int(zones["TAZID"].iloc[z]) for s, z in zip(station, zone, strict=True)}
    assert len(found) == len(station) == 1521
    assert all(named[s] == z for s, z in found.items())
    with stations.open(encoding="utf-8", newline="") as stream:
        assert sorted(named) == sorted(int(row["TAZID"]) for row in csv.DictReader(stream))
