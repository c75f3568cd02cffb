"""Queries that only officials' lists need."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.reports.photos import store as photo_store
from geoapp.reports.photos.photo import Photo
from geoapp.reports.photos.tables import photos
from geoapp.reports.tables import report_texts


def first_words(connection: Connection, report_ids: Collection[int]) -> dict[int, str]:
    """What was reported, by report; the first words that have not been taken back."""
    query = (
        sa.select(report_texts.c.report_id, report_texts.c.text)
        .where(report_texts.c.report_id.in_(list(report_ids)), report_texts.c.role == "report")
        .where(report_texts.c.text.is_not(None))
        .order_by(report_texts.c.id.desc())
    )
    return {row.report_id: row.text for row in connection.execute(query)}


def first_photos(connection: Connection, report_ids: Collection[int]) -> dict[int, Photo]:
    """The first picture of each report that is ready to be shown."""
    firsts = (
        sa.select(sa.func.min(photos.c.id))
        .where(photos.c.report_id.in_(list(report_ids)), photos.c.name.is_not(None))
        .group_by(photos.c.report_id)
    )
    found = [photo_store.by_id(connection, photo_id) for photo_id in connection.execute(firsts).scalars()]
    return {photo.report_id: photo for photo in found}
