"""Points to tick off on a round 巡访, who was there on which day, and the cases that came of it.

There is no column for where anybody was: a visit is at its point. No way between points is kept.
"""

from __future__ import annotations

import sqlalchemy as sa

from geoapp.db import Json, UtcDateTime, metadata

points = sa.Table(
    "patrol_point",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(22), nullable=False, unique=True),
    sa.Column("place_code", sa.String(17), nullable=False, index=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("address", sa.String(200), nullable=False),
    sa.Column("lon", sa.Float),
    sa.Column("lat", sa.Float),
    # What is to be looked at there.
    sa.Column("look", sa.String(400), nullable=False),
    sa.Column("rhythm", sa.String(10), nullable=False),
    sa.Column("since", sa.Date, nullable=False),
    # The first day on which nobody has to come any more.
    sa.Column("ended_on", sa.Date),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("rhythm IN ('day', 'workday', 'week', 'month')", name="rhythm"),
    sa.CheckConstraint("(lon IS NULL) = (lat IS NULL)", name="whole"),
)

visits = sa.Table(
    "patrol_visit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("point_id", sa.ForeignKey("patrol_point.id"), nullable=False),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=False, index=True),
    # The civil day: whoever ticks a point off twice on one day has been there that day.
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    # Which of walk 巡, call 访, mend 做, report 报.
    sa.Column("acts", Json, nullable=False),
    sa.Column("words", sa.Text, info={"personal": "patrol.words"}),
    sa.UniqueConstraint("point_id", "day", "person_id"),
)

findings = sa.Table(
    "patrol_finding",
    metadata,
    sa.Column("report_id", sa.ForeignKey("report.id"), primary_key=True, autoincrement=False),
    sa.Column("visit_id", sa.ForeignKey("patrol_visit.id"), nullable=False, index=True),
)
