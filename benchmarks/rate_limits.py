"""What a rate limit costs per request, and what it lets through: our buckets beside Flask-Limiter in the same run.

    python benchmarks/rate_limits.py [--postgres postgresql+psycopg://user@host/an_empty_database]

Processor time of one small view, best of five rounds; then how many of a limit of 100 a minute come through within two
seconds by somebody who knows where a window ends.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from flask import Flask
from flask_limiter import Limiter
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from geoapp.web.limits import MemoryBuckets, Rate, Take

PLENTY = Rate(1e9, 1e-9)


def plain() -> Flask:
    app = Flask("benchmark")
    app.add_url_rule("/", "view", lambda: "ok")
    return app


def with_buckets(take: Take, names: tuple[str, ...]) -> Flask:
    app = plain()

    @app.before_request
    def limit() -> None:
        for name in names:
            take(f"{name} 198.51.100.1", PLENTY)

    return app


def with_flask_limiter() -> Flask:
    app = plain()
    Limiter(lambda: "198.51.100.1", app=app, default_limits=["100000000/minute"], storage_uri="memory://")
    return app


def cost_us(app: Flask, *, rounds: int = 5, requests: int = 2000) -> tuple[float, float]:
    """Least processor time, and least time by the clock, of one request in microseconds."""
    client, best, best_wall = app.test_client(), float("inf"), float("inf")
    for _ in range(rounds):
        begun, wall = time.process_time(), time.perf_counter()
        for _ in range(requests):
            client.get("/")
        best = min(best, time.process_time() - begun)
        best_wall = min(best_wall, time.perf_counter() - wall)
    return best / requests * 1e6, best_wall / requests * 1e6


def through_at_the_edge(ask: Callable[[], bool], until_edge_s: float) -> int:
    """Answers given within two seconds around the end of a window, after a minute of rest."""
    time.sleep(max(0.0, until_edge_s - 1))
    got = sum(ask() for _ in range(300))
    time.sleep(2)
    return got + sum(ask() for _ in range(300))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", default="")
    arguments = parser.parse_args()
    nothing = cost_us(plain())
    print(f"{'a view without limits':32} {nothing[0]:7.1f} us processor")
    rows: list[tuple[str, Flask]] = [
        ("ours, one bucket in memory", with_buckets(MemoryBuckets().take, ("all",))),
        ("ours, two buckets in memory", with_buckets(MemoryBuckets().take, ("all", "changes"))),
        ("Flask-Limiter, memory", with_flask_limiter()),
    ]
    for name, app in rows:
        processor, _ = cost_us(app)
        print(f"{name:32} {processor:7.1f} us processor, {processor - nothing[0]:+.1f}")
    if arguments.postgres:
        from geoapp.app import _shared_buckets
        from geoapp.config import Settings
        from geoapp.db import Database
        from geoapp.schema import migrate

        database = Database(Settings(database_url=arguments.postgres))
        migrate(database)
        take = _shared_buckets(database)
        assert take is not None
        processor, wall = cost_us(with_buckets(take, ("changes",)), rounds=3, requests=300)
        print(f"{'ours, one bucket in PostgreSQL':32} {processor:7.1f} us processor, {wall:.0f} us by the clock")

    limiter, item = FixedWindowRateLimiter(MemoryStorage()), parse("100/minute")
    # A window of `limits` begins with its first hit: one hit now sets the edge a minute from now.
    limiter.hit(item, "x")
    theirs = through_at_the_edge(lambda: limiter.hit(item, "x"), 60)
    buckets = MemoryBuckets()
    ours = through_at_the_edge(lambda: not buckets.take("x", Rate(100, 0.6)), 0)
    print(f"of 100 a minute, within 2 s: ours {ours}, Flask-Limiter's fixed window {theirs}")


if __name__ == "__main__":
    main()
