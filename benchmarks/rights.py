"""What the check of rights costs a request: who asks, what the route needs, whether a grant reaches.

    python benchmarks/rights.py [--requests 3000]

The check is timed inside whole requests, in processor time, for nobody, for an officer with one grant and for one with
fifty; beside it the whole request, so that the share can be seen. A bare Flask runs in the same run.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask

from geoapp.accounts import guards
from geoapp.accounts.roles import Grant, Rank, allows
from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.db import Database
from geoapp.schema import migrate
from tests import signing_in

PATH = "/api/places/levels"
SINCE = date(2020, 1, 1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=3000)
    n = parser.parse_args().requests
    with tempfile.TemporaryDirectory() as folder:
        app, spent = prepared(Path(folder))
        print(f"bare Flask: {microseconds(bare(n)):.0f} us of processor time a request")
        for name, client in clients(app).items():
            check, whole = measured(client, spent, n)
            p95 = statistics.quantiles(check, n=20)[-1]
            print(
                f"{name}: check {microseconds(statistics.mean(check)):.0f} us, p95 {microseconds(p95):.0f} us, "
                f"of {microseconds(whole):.0f} us a request"
            )
    grants = [Grant(Rank.GRID, ("110105", f"1101050{i:02d}"), SINCE) for i in range(50)]
    start = time.process_time()
    for _ in range(20_000):
        allows(grants, "reports.handle", ("110105", "110105049", "110105049001"), on=date(2026, 11, 22))
    print(f"allows() with 50 grants: {microseconds((time.process_time() - start) / 20_000):.1f} us")


def prepared(folder: Path) -> tuple[Any, list[float]]:
    """An application whose check notes how long it took."""
    settings = Settings(data=folder, job_workers=0, rate_limits=0)
    database = Database(settings)
    migrate(database)
    database.dispose()
    app, spent = create_app(settings), []

    def timed() -> Any:
        start = time.process_time()
        outcome = guards._check()
        spent.append(time.process_time() - start)
        return outcome

    before = app.before_request_funcs[None]
    before[before.index(guards._check)] = timed
    return app, spent


def clients(app: Any) -> dict[str, Any]:
    many = [signing_in.held(Rank.GRID, ("110105", f"1101050{i:02d}")) for i in range(50)]
    one = signing_in.make_person(app.extensions["geoapp"]["database"], many[0], login="one")
    fifty = signing_in.make_person(app.extensions["geoapp"]["database"], *many, login="fifty")
    return {
        "visitor": app.test_client(),
        "one grant": signing_in.enter(app, app.test_client(), one),
        "fifty grants": signing_in.enter(app, app.test_client(), fifty),
    }


def measured(client: Any, spent: list[float], n: int) -> tuple[list[float], float]:
    """Seconds of each check, and of a whole request."""
    for _ in range(50):
        client.get(PATH)
    spent.clear()
    start = time.process_time()
    for _ in range(n):
        assert client.get(PATH).status_code == 200
    return list(spent), (time.process_time() - start) / n


def bare(n: int) -> float:
    app = Flask("bare")
    app.add_url_rule(PATH, "x", lambda: {"levels": []})
    client = app.test_client()
    start = time.process_time()
    for _ in range(n):
        client.get(PATH)
    return (time.process_time() - start) / n


def microseconds(seconds: float) -> float:
    return seconds * 1e6


if __name__ == "__main__":
    main()
