"""Abuse 5, 20, 21, 23: every part of every address that can be read, filled with what should not be there.

The routes and their query parameters come from the url map and from what the views were seen to read, so that a new
one is tried without a line here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, unquote

import pytest
from apiflask import APIFlask
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import PathConverter, Rule

from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.web.incoming import StrictRequest
from tests import engines
from tests.addresses import address_of
from tests.heartbeat import beat
from tests.signing_in import chief
from tests.worlds import C1, S1, make_world

#: Percent-encoded already where the bytes matter.
EVIL = [quote(text, safe="") for text in (
    "'", '"', "');--", "' OR '1'='1", "1;DROP TABLE job", "%", "_", "\\", "*", "(", "[", "{", "+", "--", "/*",
    "1e400", "-1e400", "nan", "inf", "-0", "9" * 20, "9" * 5000, "-1", "0x10", "1_0", "１２３", "٣", "1.5", "",
    " ", "\t", "2026-02-30", "0000-00-00", "9999-12-31", "10000-01-01", "2026-W01-1", "20260101", "2026-01-01T00:00",
    "1,2,3", "1,2,3,4,5", "1e400,0,1,1", "nan,nan,nan,nan", "180,90,-180,-90", ",,,",
    "../../../etc/passwd", "..\\..\\x",
    "<script>alert(1)</script>", "{{7*7}}", "${7*7}", "\r\nSet-Cookie: evil=1", "\u202e", "🏠", "true", "None", "[]",
    "a" * 9000, ":", "a:b", "x:" + "9" * 30, "//evil.example", "https:evil.example", "http://169.254.169.254/",
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
)] + ["%00", "a%00b", "%ED%A0%80", "%FF%FE", "%C0%AE%C0%AE%2F", "%25%30%30"]  # fmt: skip
#: Parameters that hold a day, a number or a box: nothing above fits them but what `FITS` names.
TYPED = {"on", "bbox", "lon", "lat", "zoom", "from", "limit", "width", "before", "date_from", "date_to"}
FITS = {"", "9999-12-31", "-0", "-1", "1.5", "１２３", "٣", "20260101", "2026-W01-1", " ", "1_0"}
#: Values with which a request goes through, so that what is hostile in it is looked at.
GOOD = {
    "on": "2026-01-01", "lon": "116.1", "lat": "39.3", "zoom": "15", "bbox": "116,39,117,40", "q": "甲",
    "layer": "public", "level": "community", "parent": S1, "limit": "5", "from": "0", "width": "200",
    "layers": "public", "code": C1, "feature": "public:1",
}  # fmt: skip


class Noting(StrictRequest):
    """A request that notes which query parameters are asked for."""

    noted: ClassVar[set[str]] = set()

    class _Args(ImmutableMultiDict):  # type: ignore[type-arg]
        def __getitem__(self, key: Any) -> Any:
            Noting.noted.add(key)
            return super().__getitem__(key)

        def get(self, key: Any, *rest: Any, **named: Any) -> Any:
            Noting.noted.add(key)
            return super().get(key, *rest, **named)

    parameter_storage_class = _Args


@pytest.fixture(scope="module", params=[engines.SQLITE, pytest.param(engines.POSTGRES, marks=pytest.mark.postgres)])
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, migrated: Path
) -> Iterator[APIFlask]:
    """The application over a small administration, with a request that notes what is read of it."""
    folder = tmp_path_factory.mktemp("town")
    beat(folder)
    with ExitStack() as stack:
        url = ""
        if request.param == engines.SQLITE:
            (folder / "geoapp.sqlite").write_bytes(migrated.read_bytes())
        else:
            server: engines.PostgresServer = request.getfixturevalue("postgres")
            url = stack.enter_context(server.copy_of(request.getfixturevalue("migrated_postgres")))
        app = create_app(Settings(data=folder, database_url=url, rate_limits=0))
        app.extensions["words"] = make_world(app, folder)
        app.request_class = Noting
        yield app
        app.extensions["geoapp"]["database"].dispose()


def readable(app: APIFlask) -> list[Rule]:
    return [
        rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint != "web.static"
    ]


def words_of(app: APIFlask) -> dict[str, Any]:
    """What the world has to put into paths."""
    world = app.extensions["words"]
    return {**world.words, **world.at(C1, "division"), **world.at(C1, "person"), "key": "public", "kind": "csv"}


def parameters_of(app: APIFlask, client: Any, rule: Rule) -> set[str]:
    """What the view declares and what it was seen to read."""
    Noting.noted = set()
    for query in ({}, GOOD):
        client.get(address_of(rule, words_of(app)), query_string=query).close()
    return {str(name) for name in Noting.noted} | declared(app, rule)


def declared(app: APIFlask, rule: Rule) -> set[str]:
    described = getattr(app.view_functions[rule.endpoint], "__geoapp_description__", None)
    return set(described.query if described else ())


def fault_of(client: Any, address: str, *, refusal: bool = False) -> int | None:
    """The status of an answer that should not be: a fault of ours, something slipped in, or no ``refusal``."""
    with client.get(address) as answer:
        slipped = b"root:" in answer.data or "evil" in str(answer.headers.getlist("Set-Cookie"))
        taken = refusal and answer.status_code not in {400, 404}
        return int(answer.status_code) if answer.status_code >= 500 or slipped or taken else None


def some_of(evil: list[str], turn: int, share: int) -> list[str]:
    """One in ``share`` values, others at each turn, so that together all are tried."""
    return evil[turn % share :: share]


@pytest.mark.parametrize("share", [36, pytest.param(1, marks=pytest.mark.long)])
def test_21_every_query_parameter_of_every_route(town: APIFlask, share: int) -> None:
    client, faults, tried = chief(town), [], []
    for rule in readable(town):
        path, known = address_of(rule, words_of(town)), declared(town, rule)
        for name in sorted(parameters_of(town, client, rule)):
            if name == "lang" and rule.rule != "/":
                continue  # read before any view, for all in the same way
            tried.append(name)
            rest = "".join(f"&{other}={quote(GOOD[other])}" for other in GOOD if other in known and other != name)
            for evil in some_of(EVIL, len(tried), share):
                # A page for residents may show its form again; a program is told what it sent.
                refusal = name in TYPED and rule.rule.startswith("/api/") and unquote(evil) not in FITS
                status = fault_of(client, f"{path}?{name}={evil}{rest}", refusal=refusal)
                if status is not None:
                    faults.append((rule.rule, name, evil[:40], status))
    assert not faults, "\n".join(map(str, faults))
    assert {"on", "bbox", "q", "limit", "lang", "layer", "next"} <= set(tried)


@pytest.mark.parametrize("share", [18, pytest.param(1, marks=pytest.mark.long)])
def test_21_every_part_of_every_path(town: APIFlask, share: int) -> None:
    client, faults, turn = chief(town), [], 0
    for rule in town.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        for name, converter in rule._converters.items():
            turn += 1
            for evil in some_of(EVIL, turn, share):
                filled = evil.replace("%2F", "/") if isinstance(converter, PathConverter) else evil
                status = fault_of(client, address_of(rule, words_of(town), **{name: filled}))
                if status is not None:
                    faults.append((rule.rule, name, evil[:40], status))
    assert not faults, "\n".join(map(str, faults))
    assert turn > 20
