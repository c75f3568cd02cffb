"""What the map does on its own account: publish what changed, and drop what is no longer published."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from geoapp.config import Settings
from geoapp.db import Database
from geoapp.jobs import Reporter
from geoapp.maps import publish, store
from geoapp.maps.sources import Source
from geoapp.maps.style import first_zoom

log = logging.getLogger(__name__)

LABELS = "~labels"
#: Of each subject the stamp it was made from and the hash of its file (empty for points).
Publications = dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Publication:
    """What a round of publishing did: subjects written anew, bytes written, old files removed."""

    subjects: tuple[str, ...]
    written_bytes: int
    removed_files: int


def published_folder(settings: Settings) -> Path:
    """Where published layers lie."""
    return settings.data / "published"


def publish_stale(database: Database, report: Reporter | None = None) -> Publication:
    """Publish every public source whose file is missing or out of date; safe to run twice and beside changes.

    Points get no file but fresh keys for live tiles. What may not be seen by everybody never becomes a file.
    """
    folder = published_folder(database.settings)
    with database.reading() as connection:
        listed = [source for source in store.sources(connection, {}) if is_prepared(source)]
        known = standing(folder, store.publications(connection))
    stale = [source for source in listed if not is_fresh(source, known)]
    written = 0
    for number, source in enumerate(stale):
        if report is not None:
            report(number / len(stale), f"正在发布图层 {source.title}")
        try:
            written += _publish_one(database, folder, source)
        except Exception:
            # One layer that GDAL cannot tile must not keep the others from the map; it is drawn from its features.
            log.exception("layer %s could not be published", source.key)
            _note_unpublished(database, source)
    subjects = {subject for source in listed for subject in _subjects(source)}
    with database.transaction() as connection:
        known = store.publications(connection)
        store.forget_publications(connection, set(known) - subjects)
        kept = {sha256 for subject, (_, sha256) in known.items() if subject in subjects}
    return Publication(tuple(source.key for source in stale), written, publish.sweep(folder, kept))


def is_prepared(source: Source) -> bool:
    """Is it drawn from something made beforehand? Points from keys, public lines and areas from a file."""
    return source.count > 0 and not source.at_once and (source.dimension == 0 or not source.internal)


def is_fresh(source: Source, known: Publications) -> bool:
    """Was what is drawn made from the source as it now is?"""
    return all(known.get(subject, ("",))[0] == source.stamp for subject in _subjects(source))


def standing(folder: Path, known: Publications) -> Publications:
    """Those publications whose file is there: a folder that was cleared, or not in a backup, is published anew."""
    return {
        subject: (stamp, sha256)
        for subject, (stamp, sha256) in known.items()
        if not sha256 or (folder / f"{sha256}.pmtiles").is_file()
    }


def _note_unpublished(database: Database, source: Source) -> None:
    with database.transaction() as connection:
        for subject in _subjects(source):
            store.set_publication(connection, subject, source.stamp, publish.Published("", 0))


def _subjects(source: Source) -> list[str]:
    return [source.key, source.key + LABELS] if source.dimension == 2 else [source.key]


def _publish_one(database: Database, folder: Path, source: Source) -> int:
    with database.reading() as connection:
        # The features and the stamp are of one state: a change meanwhile makes the file stale, never wrong.
        now = {found.key: found for found in store.sources(connection, {})}.get(source.key)
        if now is None or not is_prepared(now):
            return 0
        if now.dimension > 0:
            drawn = store.drawn(connection, now)
    if now.dimension == 0:
        _note_points(database, now)
        return 0
    low = max(0, int(first_zoom(now)))
    bbox = now.bbox or (-180.0, -85.0, 180.0, 85.0)
    files = {now.key: publish.publish(folder, drawn, bbox=bbox, min_zoom=low)}
    if now.dimension == 2:
        files[now.key + LABELS] = publish.publish(folder, publish.label_points(drawn), bbox=bbox, min_zoom=low)
    with database.transaction() as connection:
        for subject, file in files.items():
            store.set_publication(connection, subject, now.stamp, file)
    return sum(file.size for file in files.values())


def _note_points(database: Database, source: Source) -> None:
    with database.transaction() as connection:
        now = {found.key: found for found in store.sources(connection, {})}.get(source.key)
        if now is not None and now.dimension == 0:
            store.replace_points(connection, now.key)
            store.set_publication(connection, now.key, now.stamp, publish.Published("", 0))
