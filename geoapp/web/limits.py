"""How often somebody may ask: buckets that refill, on by default on every route; 429 with Retry-After when empty.

Three buckets stand before a view: one for all requests of an address; one for changes; and what the view declares
with `limited`. The first is counted in memory by each process, for it is generous and in the way of every tile. The
other two belong to the person who is signed in, else to the address (a whole office may stand behind one), and are
counted in the database where several processes serve (PostgreSQL).

Buckets of our own in the place of Flask-Limiter: on the same machine and run a request cost 3 microseconds more with
them and 90 with it, where a tile takes 100 to 300; and its windows let twice the rate through where two of them meet
(`benchmarks/rate_limits.py`).
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TypeVar

from apiflask import APIFlask
from flask import current_app, request
from flask_babel import gettext as _

from geoapp.errors import TooOften
from geoapp.web.requests import asker, client_address

View = TypeVar("View", bound=Callable[..., object])

_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}
_RATE = re.compile(r"(\d{1,6})/(second|minute|hour|day)", re.ASCII)
#: Buckets kept in memory; beyond, those that are nearly full again are forgotten first.
MOST_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Rate:
    """``20/minute``: twenty at once, and twenty more in every minute that follows."""

    burst: float
    refill_s: float

    def loosened(self, factor: float) -> Rate:
        """As many times more."""
        return Rate(max(1.0, self.burst * factor), self.refill_s / factor)


def rate(text: str) -> Rate:
    """The rate that ``20/minute`` means.

    Examples
    --------
    >>> rate("20/minute")
    Rate(burst=20.0, refill_s=3.0)
    """
    match = _RATE.fullmatch(text)
    if match is None or not int(match[1]):
        raise ValueError(f"{text!r} is no rate; write 20/minute")
    return Rate(float(match[1]), _SECONDS[match[2]] / int(match[1]))


#: All that one address may ask for. Opening the map takes about 60 requests, and an office of 40 does it at nine.
ADDRESS = rate("3000/minute")
#: Changes of one person (or address); handing units over by clicks is the quickest that people do.
CHANGES = rate("120/minute")

#: Takes one from the bucket of that name; gives 0 when there was one, else the seconds to wait.
Take = Callable[[str, Rate], float]


def limited(name: str, text: str) -> Callable[[View], View]:
    """Declare a rate of a view, below its ``@blueprint.get(...)``; views that share name and rate share it."""
    declared = (name, rate(text))

    def declare(view: View) -> View:
        view.__geoapp_limits__ = (*limits_of(view), declared)  # type: ignore[attr-defined]
        return view

    return declare


def limits_of(view: Callable[..., object]) -> tuple[tuple[str, Rate], ...]:
    """What a view declared."""
    return getattr(view, "__geoapp_limits__", ())


def install(app: APIFlask, *, shared: Take | None = None) -> None:
    """Limit every route of ``app``; ``shared`` counts for all processes, where there are several."""
    factor = app.extensions["geoapp"]["settings"].rate_limits
    if factor == 0:
        return
    memory = MemoryBuckets()
    strict = shared or memory.take
    overall, changes = ADDRESS.loosened(factor), CHANGES.loosened(factor)

    @app.before_request
    def limit() -> None:
        address = network_of(client_address())
        _require(memory.take(f"all {address}", overall))
        declared = limits_of(current_app.view_functions[request.endpoint]) if request.endpoint else ()
        if request.method in {"GET", "HEAD", "OPTIONS"} and not declared:
            return
        who = asker() or address
        if request.method not in {"GET", "HEAD", "OPTIONS"}:
            _require(strict(f"changes {who}", changes))
        for name, wanted in declared:
            # With the rate: ten exports an hour and thirty downloads a minute of one name are two buckets.
            _require(strict(f"{name} {wanted} {who}", wanted.loosened(factor)))


def _require(wait_s: float) -> None:
    if wait_s > 0:
        raise TooOften(_("操作太频繁；请过 %(seconds)s 秒再试。", seconds=int(wait_s) + 1), wait_s=wait_s)


def network_of(address: str) -> str:
    """An IPv4 address as it is, the /64 of an IPv6 one: one household or phone has as much, with 2^64 addresses."""
    if ":" not in address:
        return address
    return str(ip_network((ip_address(address), 64), strict=False).network_address)


class MemoryBuckets:
    """Buckets of one process: of each, the time at which it will be full again (as GCRA keeps them)."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST_KEPT) -> None:
        self._clock, self._most = clock, most
        self._full_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, key: str, wanted: Rate) -> float:
        """Take one; gives 0 when there was one, else the seconds to wait."""
        now = self._clock()
        with self._lock:
            full_at = max(self._full_at.get(key, now), now) + wanted.refill_s
            wait_s = full_at - now - wanted.burst * wanted.refill_s
            if wait_s > 1e-6:
                return wait_s
            self._full_at[key] = full_at
            if len(self._full_at) > self._most:
                self._forget(now)
        return 0.0

    def _forget(self, now: float) -> None:
        kept = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        if len(kept) > self._most // 2:
            emptiest = sorted(kept, key=kept.__getitem__, reverse=True)[: self._most // 2]
            kept = {key: kept[key] for key in emptiest}
        self._full_at = kept
