"""Bringing another system's history in."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy.engine import Connection

from geoapp.accounts.audit import declare_action
from geoapp.accounts.people import Actor
from geoapp.accounts.trail import actions as trail
from geoapp.db import Database, utcnow
from geoapp.errors import GeoappError, NotAllowed
from geoapp.geo.crs import to_wgs84
from geoapp.places import store as places
from geoapp.places.locate import Locator
from geoapp.reports.actions import Desk, desk
from geoapp.reports.datafile import BadData
from geoapp.reports.imports import store
from geoapp.reports.imports.forms import Lines, opened
from geoapp.reports.imports.history import PastReport, PastReports, SetAside
from geoapp.reports.imports.mapping import ImportMapping, parse_mapping
from geoapp.reports.imports.store import Import
from geoapp.reports.kinds import PROBLEM
from geoapp.reports.placing import Position
from geoapp.reports.rulebook.store import Rulebook, rulebook
from geoapp.reports.sending.actions import take_many
from geoapp.reports.sending.matter import Official, Receipt, Sending
from geoapp.reports.stages import Stage

declare_action("reports.import", "导入历史反映", rows="行数", origin="来源")
# Beside the other, for whoever reads the audit loads both.
declare_action("reports.undo_import", "撤销导入", rows="行数")

#: Rows in one transaction: other writers wait half a second at most.
_BATCH = 1000
Progress = Callable[[int], None]
LonLat = NDArray[np.float64]


@dataclass(slots=True)
class Outcome:
    """What became of a file's rows: stored, known before, or set aside; together they are all rows."""

    origin: str
    key: str = ""
    encoding: str = ""
    stored: int = 0
    known: int = 0
    aside: int = 0
    live: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    placed: int = 0
    dry_run: bool = False
    finished: bool = False
    #: Sheets of the workbook that were not read.
    unread: tuple[str, ...] = ()

    @property
    def rows_in(self) -> int:
        """All rows of the file."""
        return self.stored + self.known + self.aside

    def summary(self) -> dict[str, Any]:
        """How it stands, for the batch's row."""
        return {
            "reasons": dict(self.reasons), "notes": dict(self.notes), "states": dict(self.states),
            "kinds": dict(self.kinds), "placed": self.placed, "live": self.live, "encoding": self.encoding,
            "finished": self.finished, "unread": list(self.unread),
        }  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """For another program."""
        return {
            "origin": self.origin, "import": self.key, "dry_run": self.dry_run, "rows_in": self.rows_in,
            "rows_stored": self.stored, "rows_known": self.known, "rows_set_aside": self.aside, **self.summary(),
        }  # fmt: skip


def import_history(
    database: Database,
    actor: Actor,
    path: Path,
    mapping_text: str,
    *,
    live: bool = False,
    dry_run: bool = False,
    encoding: str = "",
    sheet: str = "",
    filename: str = "",
    mapping_name: str = "mapping.toml",
    progress: Progress | None = None,
    now: datetime | None = None,
) -> Outcome:
    """Bring the rows of a file in by a mapping; each row is stored, known already, or set aside with a reason.

    What was closed there is closed here, what was open is kept as history that comes into nobody's inbox. Batches of
    rows are transactions of their own: an import that was interrupted goes on when it is started again.

    Parameters
    ----------
    live : what is still open is taken in as a live case, routed and timed as if it had been reported here
    """
    now = now or utcnow()
    rules = rulebook(database.settings)
    require_everywhere(actor, rules, now)
    mapping = parse_mapping(mapping_text, rules.kinds.kinds, name=mapping_name)
    outcome = Outcome(mapping.origin, dry_run=dry_run)
    with opened(path, encoding=encoding, sheet=sheet, name=filename) as lines:
        outcome.encoding, outcome.unread = lines.encoding, lines.unread
        at, header = lines.header(lambda headings: set(mapping.needed) <= set(headings))
        reader = PastReports(header, mapping)
        with database.reading() as connection:
            _require_places(connection, mapping)
            today = places.versions(connection, on=rules.day(now))
            locator, here = Locator(today), frozenset(version.code for version in today)
        lines.check()
        begun = None if dry_run else _begin(database, actor, mapping, lines, now)
        outcome.key = begun.key if begun is not None else ""
        work = _Work(database, actor, mapping, locator, here, live, now, begun)
        for batch in _batches(lines, reader, after=at):
            work.take(batch, outcome)
            if progress is not None:
                progress(outcome.rows_in)
        outcome.finished = True
        if begun is not None:
            _finish(database, actor, begun, outcome)
    return outcome


def require_everywhere(actor: Actor, rules: Rulebook, now: datetime) -> None:
    """A file may hold reports of any place, so only whoever may import everywhere brings one in."""
    if () not in actor.places("reports.import", on=rules.day(now)):
        raise NotAllowed("历史数据由管理员导入；请联系管理员，或在服务器上用 geoapp reports import。")


def _require_places(connection: Connection, mapping: ImportMapping) -> None:
    """A code that no place ever had is a slip of the mapping; it would send its rows nowhere."""
    taken = places.taken_codes(connection) if mapping.places else set()
    wrong = [f"“{theirs}”的编码 {code}" for theirs, code in mapping.places.items() if code not in taken]
    if wrong:
        raise BadData(
            f"映射文件 {mapping.name} 的 values.place 里{'、'.join(wrong[:5])} 没有对应的区划；"
            "请改正编码，或先导入区划。"
        )


def _begin(database: Database, actor: Actor, mapping: ImportMapping, lines: Lines, now: datetime) -> Import:
    with database.transaction() as connection:
        return store.add_import(
            connection, kind="history", origin=mapping.origin, filename=lines.name[:300], sha256=lines.sha256,
            mapping=mapping.text, by=actor.name, at=now,
        )  # fmt: skip


def _finish(database: Database, actor: Actor, batch: Import, outcome: Outcome) -> None:
    with database.transaction() as connection:
        store.count(connection, batch.id, stored=0, known=0, aside=0, summary=outcome.summary())
        values = {"rows": [None, outcome.stored], "origin": [None, outcome.origin]}
        trail.record(database, connection, actor, "reports.import", subject=batch.key, values=values)


def _batches(lines: Lines, reader: PastReports, *, after: int) -> Iterator[list[PastReport | SetAside]]:
    rows = (
        reader.read(row, cells) for row, cells in lines.read()
        if row > after and any(cell not in (None, "") for cell in cells)
    )  # fmt: skip
    while batch := list(islice(rows, _BATCH)):
        yield batch


@dataclass(frozen=True, slots=True)
class _Work:
    """What a batch of rows needs to be stored."""

    database: Database
    actor: Actor
    mapping: ImportMapping
    locator: Locator
    #: Codes of the places of today.
    here: frozenset[str]
    live: bool
    now: datetime
    begun: Import | None
    #: Numbers of a dry run, which leaves none in the database.
    seen: dict[str, int] = field(default_factory=dict)

    def take(self, batch: Sequence[PastReport | SetAside], outcome: Outcome) -> None:
        """Store one batch and count it."""
        read = [row for row in batch if isinstance(row, PastReport)]
        aside = [row for row in batch if isinstance(row, SetAside)]
        read, lonlat, codes = self._places(read)
        with desk(self.database, self.actor, now=self.now) as at:
            fresh, known, again = self._sift(at, read)
            aside += again
            open_now = {n for n, row in enumerate(read) if id(row) in fresh and self.live and row.is_open}
            refused = {n: no for n in open_now if (no := self._nowhere(read[n], lonlat[n]))}
            if self.begun is not None:
                past = [n for n, row in enumerate(read) if id(row) in fresh and n not in open_now]
                self._put(at, [read[n] for n in past], lonlat[past], codes[past])
                refused |= self._put_live(at, {n: read[n] for n in sorted(open_now - refused.keys())}, lonlat)
            outcome.live += len(open_now) - len(refused)
            aside += refused.values()
            keep = [n for n, row in enumerate(read) if id(row) in fresh and n not in refused]
            if self.begun is not None:
                store.set_aside(at.connection, self.begun.id, aside)
            outcome.stored += len(keep)
            outcome.known += known
            outcome.aside += len(aside)
            _tell(outcome, [read[n] for n in keep], aside)
            outcome.placed += int((codes[keep] != "").sum())
            if self.begun is not None:
                store.count(at.connection, self.begun.id, stored=len(keep), known=known, aside=len(aside),
                            summary=outcome.summary())  # fmt: skip

    def _places(self, rows: Sequence[PastReport]) -> tuple[list[PastReport], LonLat, NDArray[np.str_]]:
        """Points in WGS84 (NaN for none) and the deepest place of each; a place that the row names wins.

        The rows come back with a remark where a point had to be dropped, or lies in a place once x and y are swapped.
        """
        xy = np.array([row.xy or (np.nan, np.nan) for row in rows], dtype=np.float64).reshape(-1, 2)
        lonlat, deepest = self._located(xy)
        there = np.isfinite(xy).all(axis=1)
        dropped = set(np.flatnonzero(there & ~np.isfinite(lonlat).all(axis=1)).tolist())
        lost = np.flatnonzero(there & (deepest == ""))
        swapped = set(lost[self._located(xy[lost][:, ::-1])[1] != ""].tolist())
        told = []
        for n, row in enumerate(rows):
            note = "swapped" if n in swapped else "bad_coordinates" if n in dropped else ""
            told.append(replace(row, notes=(*row.notes, note)) if note else row)
            deepest[n] = row.place_code or deepest[n]
        return told, lonlat, deepest

    def _located(self, xy: LonLat) -> tuple[LonLat, NDArray[np.str_]]:
        """Points of the mapping's CRS in WGS84, NaN for what lies nowhere on earth, and the deepest place of each."""
        there = np.isfinite(xy).all(axis=1)
        lonlat = np.full_like(xy, np.nan)
        if there.any():
            lonlat[there] = to_wgs84(xy[there], self.mapping.crs)
        possible = (np.abs(lonlat[:, 0]) <= 180) & (np.abs(lonlat[:, 1]) <= 90)
        lonlat[~possible] = np.nan
        found = self.locator.codes(lonlat)
        deepest = found[:, 0].astype("U17")
        for column in range(1, found.shape[1]):
            deepest = np.where(found[:, column] != "", found[:, column], deepest)
        return lonlat, deepest

    def _sift(self, at: Desk, rows: Sequence[PastReport]) -> tuple[set[int], int, list[SetAside]]:
        """Which rows are new (by identity), how many are known from before, and which stand twice in the file."""
        known = store.known_numbers(at.connection, self.mapping.origin, [row.number for row in rows])
        own = {} if self.begun is None else store.rows_of(at.connection, self.begun.id, known.values())
        fresh: set[int] = set()
        again: list[SetAside] = []
        before, seen = 0, self.seen if self.begun is None else {}
        for row in rows:
            first = seen.get(row.number) or own.get(known.get(row.number, 0))
            if first is not None:
                message = f"编号与第 {first} 行相同"
                again.append(SetAside(row.row, row.number, "repeated", message, "同一编号只留一行"))
            elif row.number in known:
                before += 1
            else:
                fresh.add(id(row))
                seen[row.number] = row.row
        return fresh, before, again

    def _put(self, at: Desk, rows: Sequence[PastReport], lonlat: LonLat, codes: NDArray[np.str_]) -> None:
        assert self.begun is not None
        numbers = store.free_numbers(at.connection, len(rows))
        points = shapely.to_wkb(shapely.points(lonlat)) if len(rows) else []
        values, words, origins = [], [], []
        for n, row in enumerate(rows):
            there = bool(np.isfinite(lonlat[n]).all())
            lon, lat = (float(v) for v in lonlat[n]) if there else (None, None)
            values.append({
                **self._case(at, row), "number": numbers[n], "place_code": str(codes[n]),
                "evidence": self.mapping.evidence if there else ("place" if row.place_code else "none"),
                "geom": points[n] if there else None, "min_lon": lon, "max_lon": lon, "min_lat": lat, "max_lat": lat,
            })  # fmt: skip
            words.append(self._text(row))
            origins.append({"row_no": row.row, "fields": dict(row.fields)})
        store.add_reports(at.connection, self.begun.id, values, words, origins)

    def _case(self, at: Desk, row: PastReport) -> dict[str, Any]:
        """Columns of a case that is history: nobody's duty, no reminders, no events that did not happen here."""
        kind = at.rules.kinds.get(row.kind)
        return {
            "key": secrets.token_hex(8), "secret_sha256": None, "matter": PROBLEM, "kind": kind.code,
            "urgency": kind.urgency, "stage": str(Stage.COLLECT if row.is_open else Stage.EVALUATE),
            "outcome": row.outcome, "channel": "import", "origin": self.mapping.origin, "origin_number": row.number,
            "datum": _datum(self.mapping.crs), "accuracy_m": None, "near_border": False, "address": row.address,
            "duty_code": "", "route": "", "reported_at": row.opened_at, "due_at": row.due_at, "near_at": None,
            "closed_at": row.closed_at, "term": at.rules.terms.term(kind.urgency, kind.term).text, "hidden": False,
            "reopened": 0, "raised": 0, "me_too": 0, "language": self.mapping.language,
            "illustrative": self.mapping.illustrative,
            "revision": 1,
        }  # fmt: skip

    def _text(self, row: PastReport) -> dict[str, Any] | None:
        if not row.words:
            return None
        audience = "public" if self.mapping.words_public else "internal"
        return {"role": "report", "by": f"import:{self.mapping.origin}", "at": row.opened_at, "text": row.words,
                "audience": audience, "state": "released"}  # fmt: skip

    def _nowhere(self, row: PastReport, lonlat: LonLat) -> SetAside | None:
        """Why an open row cannot become a case: the only place that it names is none of today's."""
        if np.isfinite(lonlat).all() or not row.place_code or row.place_code in self.here:
            return None
        message = f"编码为 {row.place_code} 的区划今天没有，在办案件无处可去"
        return SetAside(row.row, row.number, "no_place", message, "在 values.place 里改成现在的编码，再导入一次")

    def _put_live(self, at: Desk, rows: Mapping[int, PastReport], lonlat: LonLat) -> dict[int, SetAside]:
        """Take open rows in as cases; gives those that cannot be taken."""
        assert self.begun is not None
        refused = {}
        taken = take_many(at, [self._live(row, lonlat[n]) for n, row in rows.items()])
        for (n, row), receipt in zip(rows.items(), taken, strict=True):
            if isinstance(receipt, Receipt):
                store.link(at.connection, self.begun.id, receipt.report_id, row=row.row, fields=dict(row.fields))
            elif isinstance(receipt, GeoappError):
                refused[n] = SetAside(row.row, row.number, "not_taken", str(receipt), "改正这一行，再导入一次")
            else:
                raise receipt
        return refused

    def _live(self, row: PastReport, lonlat: LonLat) -> tuple[Sending, Official]:
        assert self.begun is not None
        lon, lat = lonlat.tolist()
        positions = (Position(lon, lat, self.mapping.evidence),) if np.isfinite(lon) else ()
        sending = Sending(words=row.words or row.number, kind=row.kind, positions=positions, channel="import",
                          place_code=row.place_code, address=row.address,
                          language=self.mapping.language)  # fmt: skip
        official = Official(origin=self.mapping.origin, origin_number=row.number, reported_at=row.opened_at,
                            due_at=row.due_at, illustrative=self.mapping.illustrative,
                            released=True, data={"import": self.begun.key})  # fmt: skip
        return sending, official


def _datum(crs: str) -> str:
    return {"epsg:4326": "wgs84", "": "wgs84"}.get(crs.lower(), crs.lower())[:12]


def _tell(outcome: Outcome, stored: Sequence[PastReport], aside: Sequence[SetAside]) -> None:
    outcome.reasons.update(row.reason for row in aside)
    for row in stored:
        outcome.notes.update(row.notes)
        outcome.states[row.outcome or "open"] += 1
        outcome.kinds[row.kind] += 1
