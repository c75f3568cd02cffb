"""What a district has laid down about reports, read from its data files, and the places of a day ready for points."""

from __future__ import annotations

import stat
import threading
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from geoapp.config import Settings
from geoapp.places import store as places
from geoapp.places.tables import operations
from geoapp.reports.datafile import BadData
from geoapp.reports.escalation import Levels, parse_levels
from geoapp.reports.kinds import URGENCIES, Kinds, parse_kinds
from geoapp.reports.ledger.headings import Headings, parse_headings
from geoapp.reports.orders.vocabulary import Vocabulary, parse_vocabulary
from geoapp.reports.placing import Ground
from geoapp.reports.routing import Routing, parse_routing
from geoapp.reports.terms import Clock, Terms, parse_terms
from geoapp.reports.workdays import parse_calendar

SHIPPED = Path(__file__).parents[3] / "layers" / "reports"
_NAMES = ("kinds", "terms", "calendar", "routing", "levels", "order-words", "ledger-words")


@dataclass(frozen=True)
class Rulebook:
    """Kinds, terms, the clock that counts them, routing, levels, words of orders and ledgers of one installation."""

    kinds: Kinds
    terms: Terms
    clock: Clock
    routing: Routing
    levels: Levels
    vocabulary: Vocabulary
    headings: Headings

    def day(self, moment: datetime) -> date:
        """The civil day of a moment."""
        return moment.astimezone(self.clock.zone).date()


_lock = threading.Lock()
_read: dict[tuple[Path, str], tuple[list[tuple[Path, int]], Rulebook]] = {}
_grounds: dict[str, tuple[tuple[object, ...], Ground]] = {}


def rulebook(settings: Settings) -> Rulebook:
    """The rulebook in force: an installation's own files in <data>/reports win over the shipped ones.

    Files are looked at each time and read again when they change, so that a new holiday needs no restart.
    """
    key = (settings.data, settings.timezone)
    files = [_in_force(own, shipped) for own, shipped in _files(settings.data)]
    with _lock:
        known = _read.get(key)
    if known is not None and known[0] == files:
        return known[1]
    texts = {name: _text(path) for name, (path, _at) in zip(_NAMES, files, strict=True)}
    kinds, terms = parse_kinds(texts["kinds"]), parse_terms(texts["terms"], URGENCIES)
    clock = Clock(parse_calendar(texts["calendar"]), settings.zone, terms.near_share)
    words = parse_vocabulary(texts["order-words"], kinds.kinds)
    levels = parse_levels(texts["levels"])
    found = Rulebook(kinds, terms, clock, parse_routing(texts["routing"], kinds), levels, words,
                     parse_headings(texts["ledger-words"]))  # fmt: skip
    with _lock:
        _read[key] = (files, found)
    return found


@lru_cache(maxsize=64)
def _files(data: Path) -> list[tuple[Path, Path]]:
    """Where each file may lie, an installation's own and the shipped one."""
    return [(data / "reports" / f"{name}.toml", SHIPPED / f"{name}.toml") for name in _NAMES]


def _in_force(own: Path, shipped: Path) -> tuple[Path, int]:
    """The file that counts and when it was changed last. Each report asks several times: no more than a look each."""
    try:
        found = own.stat()
        if stat.S_ISREG(found.st_mode):
            return own, found.st_mtime_ns
    except OSError:
        pass
    return shipped, shipped.stat().st_mtime_ns


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"数据文件 {path.name} 读不出来（{type(error).__name__}）；请用 UTF-8 保存并核对权限。") from None


def ground(connection: Connection, *, on: date) -> Ground:
    """The places of a day; made once, and anew when a boundary was adopted or withdrawn."""
    newest = sa.select(sa.func.max(operations.c.id), sa.func.count(operations.c.withdrawn_at))
    stamp = (on, *connection.execute(newest).one())
    key = str(connection.engine.url)
    with _lock:
        known = _grounds.get(key)
    if known is not None and known[0] == stamp:
        return known[1]
    found = Ground(places.versions(connection, on=on))
    with _lock:
        _grounds[key] = (stamp, found)
    return found
