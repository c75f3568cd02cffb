"""The demo with 霞光里's founding division asked for and solved: made once for a run and copied by whoever needs it."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from filelock import FileLock

from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.demo.actions import load_demo
from geoapp.splitting.drafts import tasks
from tests.signing_in import chief

CODE = "110105012023"
BEFORE = "2021-06-30"
WISH = {
    "on": BEFORE,
    "sizes": "ranges",
    "ranges": [[2800, 3000], [1500, 1700]],
    "part_names": ["霞光里", "亮马"],
    "seconds": 5,
}


def ask(app: APIFlask, wish: dict[str, Any]) -> dict[str, Any]:
    """Ask for a division as a planner does, do the job's work here, and read what came of it."""
    web = chief(app)
    answer = web.post(f"/api/places/{CODE}/divisions", json=wish)
    assert answer.status_code == 202, answer.text
    heard: list[float] = []
    outcome = tasks.divide(
        app.extensions["geoapp"]["database"], lambda share, words: heard.append(share),
        division_id=answer.json["id"],
    )  # fmt: skip
    assert heard == sorted(heard) and outcome["division"] == answer.json["id"]
    found: dict[str, Any] = web.get(f"/api/divisions/{answer.json['id']}").json
    return found


def listed(app: APIFlask) -> dict[str, Any]:
    """The division that was there first."""
    web = chief(app)
    first = web.get(f"/api/places/{CODE}/divisions").json["divisions"][-1]
    found: dict[str, Any] = web.get(f"/api/divisions/{first['id']}").json
    return found


def made(run_folder: Path, migrated: Path) -> Path:
    """The data folder of it, made by whichever process of a run comes first."""
    folder = run_folder / "founding"
    with FileLock(run_folder / "founding.lock"):
        if not folder.is_dir():
            _make(run_folder / "founding-in-work", migrated).rename(folder)
    return folder


def _make(folder: Path, migrated: Path) -> Path:
    folder.mkdir()
    shutil.copyfile(migrated, folder / "geoapp.sqlite")
    settings = Settings(data=folder)
    load_demo(settings)
    app = create_app(settings)
    ask(app, WISH)
    app.extensions["geoapp"]["database"].dispose()
    with closing(Database(settings).engine.raw_connection()) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder
