"""Files made to hurt: one sentence or rows set aside, never a trace, and memory within bounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from geoapp.config import Settings
from geoapp.db import Database
from tests.engines import environment

ROOT = Path(__file__).parents[2]
GOOD = '{"type":"Feature","properties":{"name":"a"},"geometry":{"type":"Point","coordinates":[116.45,39.94]}}'
#: Runs one import and tells its exit code and the most memory it held, in MB. Linux hands getrusage's figure on from
#: the process that started this one, so there the kernel's own mark of this process is read.
RUN = """
import resource, sys
from pathlib import Path
from geoapp.cli import main
def most_mb():
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) // 1024
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size // (1 << 20) if sys.platform == "darwin" else size // 1024
try:
    main(sys.argv[1:])
except SystemExit as end:
    print(end.code, most_mb(), file=sys.stderr)
"""


def surroundings(own: Settings) -> dict[str, str]:
    return {**os.environ, **environment(own), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


def brought(own: Settings, path: Path, *said: str) -> tuple[int, int, str, str]:
    """Exit code, MB at most, report, and what was said on the error stream."""
    words = [sys.executable, "-c", RUN, "import", str(path), "--crs", "EPSG:4326", "--json", *said]
    done = subprocess.run(words, env=surroundings(own), capture_output=True, text=True, encoding="utf-8")
    *told, last = done.stderr.strip().splitlines()
    code, most = last.split()
    return int(code), int(most), done.stdout, "\n".join(told)


def many_corners(path: Path, count: int) -> None:
    with path.open("w") as out:
        out.write('{"type":"FeatureCollection","features":[' + GOOD)
        out.write(',{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[[')
        for _ in range(count // 100_000):
            out.write("[116.4512,39.9431]," * 100_000)
        out.write("[1,2]]]}}," + GOOD.replace("39.94", "39.95") + "]}")


@pytest.mark.skipif(sys.platform == "win32", reason="resource is not there on Windows")
@pytest.mark.parametrize("count", [1_500_000, pytest.param(10_000_000, marks=pytest.mark.long)])
def test_a_shape_of_millions_of_corners_is_set_aside_in_bounded_memory(tmp_path: Path, count: int) -> None:
    path = tmp_path / "a.geojson"
    many_corners(path, count)
    code, most_mb, report, _ = brought(Settings(data=tmp_path / "var"), path)
    assert code == 0
    assert json.loads(report)["reasons"] == {"too_many_vertices": 1}
    assert json.loads(report)["rows_stored"] == 2
    assert most_mb < 300 + (path.stat().st_size >> 20)


@pytest.mark.skipif(sys.platform == "win32", reason="resource is not there on Windows")
def test_files_as_a_whole_unreadable_get_one_sentence_and_exit_two(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as out, out.open("a.geojson", "w") as member:
        for _ in range(300):
            member.write(b" " * (1 << 20))
    slip = tmp_path / "slip.zip"
    with zipfile.ZipFile(slip, "w") as out:
        out.writestr("../a.geojson", GOOD)
    for path in (bomb, slip):
        code, most_mb, report, told = brought(Settings(data=tmp_path / "var"), path)
        assert (code, report) == (2, "")
        assert told.startswith("geoapp: ")
        assert told.count("\n") == 0
        assert most_mb < 300
    assert not (tmp_path.parent / "a.geojson").exists()


def wait_and_kill(own: Settings, path: Path, after_s: float) -> None:
    words = [sys.executable, "-m", "geoapp", "import", str(path), "--layer", "x", "--crs", "EPSG:4326"]
    process = subprocess.Popen(
        words, env=surroundings(own), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(after_s)
    process.kill()
    process.wait()


@pytest.mark.engines
@pytest.mark.parametrize("rounds", [2, pytest.param(50, marks=pytest.mark.long)])
def test_killed_at_any_moment_the_layer_is_the_old_one_or_the_new(
    tmp_path: Path, settings: Settings, database: Database, rounds: int
) -> None:
    """The old layer has 3 rows, the new one 4,000; each round kills a little later in the import."""
    own = settings
    old, new = tmp_path / "old.geojson", tmp_path / "new.geojson"
    for path, count in ((old, 3), (new, 4000)):
        features = [GOOD.replace('"a"', f'"{i}"') for i in range(count)]
        path.write_text(f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}')
    code, _, _, told = brought(own, old, "--layer", "x")
    assert code == 0, told
    began = time.monotonic()
    trial = [sys.executable, "-m", "geoapp", "import", str(new), "--layer", "x", "--crs", "EPSG:4326", "--dry-run"]
    subprocess.run(trial, env=surroundings(own), cwd=ROOT, check=True, capture_output=True)
    took_s = time.monotonic() - began
    seen = set()
    for i in range(rounds):
        wait_and_kill(own, new, took_s * (0.3 + 0.9 * i / rounds))
        with database.reading() as connection:
            if database.is_sqlite:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            active = connection.exec_driver_sql("SELECT id FROM layer_import WHERE active").all()
            rows = connection.exec_driver_sql(
                "SELECT count(*) FROM feature JOIN layer_import ON layer_import.id = import_id WHERE active"
            ).one()
            everything = connection.exec_driver_sql("SELECT count(*) FROM feature").one()
            # SQLite's spatial index is a table beside the features; PostgreSQL's is of one piece with them.
            boxes = everything
            if database.is_sqlite:
                boxes = connection.exec_driver_sql("SELECT count(*) FROM feature_rtree").one()
        assert len(active) == 1
        assert rows[0] in {3, 4000}
        assert boxes == everything
        seen.add(rows[0])
        if rows[0] == 4000:
            subprocess.run(
                [sys.executable, "-m", "geoapp", "layers", "undo", "x"],
                env=surroundings(own), cwd=ROOT, check=True, capture_output=True,
            )  # fmt: skip
    assert 3 in seen
    code, _, report, _ = brought(own, new, "--layer", "x")
    assert code == 0
    assert json.loads(report)["rows_stored"] == 4000
