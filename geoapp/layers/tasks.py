"""Imports in the background: a long file is read without keeping the page waiting."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from geoapp import jobs
from geoapp.accounts.store import acting
from geoapp.db import Database
from geoapp.errors import GeoappError
from geoapp.files import FileStore
from geoapp.jobs import Reporter
from geoapp.layers.actions import import_file
from geoapp.layers.importing import options_of

#: Running twice is safe: the second time the same file with the same options changes nothing.
IMPORT = jobs.register(jobs.Task(name="layers.import", target="geoapp.layers.tasks:import_upload"))


def import_upload(
    database: Database,
    report: Reporter,
    *,
    uploads: Sequence[Mapping[str, str]],
    main: int,
    filename: str,
    options: Mapping[str, Any],
    by: str,
) -> dict[str, Any]:
    """Import files that lie in the file store; gives the report. ``by`` is the key of the person who sent them."""
    with database.reading() as connection:
        actor = acting(connection, by, on=database.today())
    files = FileStore(database.settings.data / "files")
    with tempfile.TemporaryDirectory(prefix="geoapp-upload-") as folder:
        for upload in uploads:
            shutil.copyfile(files.path(upload["sha256"]), Path(folder) / upload["name"])
        path = Path(folder) / uploads[main]["name"]
        try:
            done = import_file(
                database,
                files,
                path,
                options_of(options),
                by=actor,
                filename=filename,
                progress=_throttled(report),
            )
        except GeoappError as error:
            # The name on this disk is ours; whoever sent the file knows it by another.
            if "file" in error.values:
                error.rename_file(path.name, filename)
            else:
                error.args = (str(error).replace(path.name, filename),)
            raise
    return done.as_json()


def _throttled(report: Reporter) -> Reporter:
    """Progress as it changes by a hundredth, not with every chunk."""
    last_share, last_words = -1.0, ""

    def tell(share: float, words: str) -> None:
        nonlocal last_share, last_words
        if share - last_share >= 0.01 or words[:2] != last_words[:2]:
            last_share, last_words = share, words
            report(share, words)

    return tell
