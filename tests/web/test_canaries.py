"""Whatever leaves passes the registry: marked values in every personal field, and every way out looked through.

Every GET route of the rights matrix is asked for by every rank at every place, then whatever those pages link to, then
searches for the values themselves, and last what hands personal data out. Each marked value may be in an answer, or in
its headers, only where `geoapp.accounts.privacy` lets that reader see that field; and in no line of the log.
"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from geoapp.accounts import store
from geoapp.accounts.privacy import Also, declared, personal_field
from geoapp.accounts.tables import people
from geoapp.db import utcnow
from geoapp.reports.numbers import hashed, read_code
from geoapp.reports.tables import report_events, reports
from tests.offices import RANKS, RELATIONS, ROWS, Office, Row, open_office, words_of
from tests.web import canaries
from tests.web.canaries import Canary, Reader
from tests.worlds import C1

LINK = re.compile(r'(?:href|src|action)="(/[^"#]*)"')
#: What hands personal data out answers a POST, for it writes that down.
HANDING_OUT = ("/cases/<key>/contact", "/people/<key>/export", "/account/export", "/photos/<key>/original")
SEARCHED = {"report.words", "report.address", "report.contact", "person.name", "person.phone"}
NOWHERE = {"report.mark", "person.subject"}


class Lines(logging.Handler):
    """Keeps all that the log is told."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.text.append(f"{record.getMessage()} {record.__dict__}")


class Crawl:
    """One look through the office; remembers what was wrong and who saw what."""

    def __init__(self, office: Office, planted: dict[str, Canary], relations: tuple[str, ...]) -> None:
        self.office, self.planted, self.relations = office, planted, relations
        self.numbers = [text for text, canary in planted.items() if canary.field == "photo.place"]
        self.readers = {rank: canaries.reader(office, rank) for rank in RANKS}
        self.client = office.world.app.test_client(use_cookies=False)
        self.asked, self.wrong = 0, set[str]()
        self.seen: dict[str, set[str]] = defaultdict(set)
        self.links: dict[str, dict[str, None]] = {rank: {} for rank in RANKS}
        self.secrets = dict(self._secrets())

    def _secrets(self) -> Iterator[tuple[str, tuple[Also, int]]]:
        """Receipts and links by their own text, and which report, or whose account, each opens."""
        words = self.office.world.words
        with self.office.world.database.reading() as connection:
            ids = {row.key: row.id for row in connection.execute(sa.select(reports.c.key, reports.c.id))}
            by_hash = {row.h: row.id for row in connection.execute(
                sa.select(reports.c.secret_sha256.label("h"), reports.c.id))}  # fmt: skip
        for name in ("receipt", "closed_receipt"):
            yield words[name], (Also.RECEIPT, by_hash[hashed(read_code(words[name]) or "")])
        for name, value in words.items():
            if name.startswith("link_"):
                yield value, (Also.LINK, ids[self.office.world.given[name.removeprefix("link_")]["key"]])
        with self.office.world.database.reading() as connection:
            invited = store.open_invitation(connection, words["invitation"], now=utcnow())
            for person in connection.execute(sa.select(people.c.key, people.c.id)):
                yield f"/people/{person.key}/export", (Also.EXPORT, person.id)
        assert invited is not None
        yield words["invitation"], (Also.INVITED, invited[0])

    def look(self, rank: str, method: str, address: str, query: dict[str, str] | None = None, **body: Any) -> None:
        with self.client.open(
            address, method=method, headers=self.office.headers(rank), query_string=query, **body
        ) as answer:
            data, headers = answer.get_data(), repr(list(answer.headers)).encode()
        self.asked += 1
        reader = self.reader(rank, address)
        # Words that the asker sent herself are hers.
        own = canaries.seen_in(repr((address, query)).encode(), self.numbers)
        for text in canaries.seen_in(data + headers, self.numbers) - own:
            canary = self.planted[text]
            self.seen[canary.field].add(rank)
            if not reader.may_see(canary) and not self.is_colleague(reader, canary):
                self.wrong.add(f"{method} {address} shows {text} ({canary.field}) to {rank}")
        if answer.mimetype == "text/html" and answer.status_code == 200:
            found = LINK.findall(data.decode())
            self.links[rank] |= dict.fromkeys(unescape(link) for link in found if not link.startswith("/static/"))

    def is_colleague(self, reader: Reader, canary: Canary) -> bool:
        """Whoever may see the inside of a case, or a point of a patrol, sees who acted there."""
        if Also.COLLEAGUE not in personal_field(canary.field).also:
            return False
        walked = [each for each in self.planted.values() if each.field == "patrol.words"]
        if any(reader.may_see(each) for each in walked if each.person == canary.person):
            return True
        acted = sa.select(report_events.c.report_id).join(people, people.c.key == report_events.c.actor)
        with self.office.world.database.reading() as connection:
            ids = set(connection.execute(acted.where(people.c.id == canary.person)).scalars())
        return any(reader.may_see(each) for each in self.planted.values() if each.report in ids and not each.released)

    def reader(self, rank: str, address: str) -> Reader:
        for secret, (way, what) in self.secrets.items():
            if secret in address:
                return self.readers[rank].with_secret(way, what)
        return self.readers[rank]

    def rows(self, method: str, routes: tuple[str, ...] = ()) -> Iterator[tuple[str, Row, dict[str, str]]]:
        for row in ROWS:
            if row.method != method or (routes and row.route not in routes):
                continue
            for rank in RANKS:
                for relation in self.relations if row.is_placed else self.relations[:1]:
                    words = words_of(self.office, row, rank, relation)
                    if words is not None:
                        yield rank, row, words


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Office]:
    with open_office(tmp_path_factory.mktemp("office"), migrated) as found:
        yield found


@pytest.mark.parametrize(
    ("relations", "links"),
    [
        # What lies above and below is what the rights matrix asks for anyway: beside is where others' things lie.
        pytest.param(("own", "beside"), 8, id="own and beside"),
        pytest.param(RELATIONS, 400, id="all", marks=pytest.mark.long),
    ],
)
def test_17_nothing_personal_leaves_but_to_those_whom_the_registry_names(
    office: Office, relations: tuple[str, ...], links: int
) -> None:
    crawl = Crawl(office, canaries.plant(office), relations)
    fields = {canary.field for canary in crawl.planted.values()}
    assert fields == {field.key for field in declared()}, "every declared field is planted"
    log, root = Lines(), logging.getLogger()
    root.addHandler(log)
    level = root.level
    root.setLevel(logging.INFO)
    try:
        _every_get(crawl)
        _what_they_link_to(crawl, links)
        _searches(crawl)
        _open311(crawl)
        _downloads(crawl)
        _handed_out(crawl)
    finally:
        root.setLevel(level)
        root.removeHandler(log)
    assert not crawl.wrong, "\n".join(sorted(crawl.wrong)[:40])
    assert not canaries.seen_in("\n".join(log.text).encode(), crawl.numbers), "in the log"
    assert len(log.text) > crawl.asked, "the log was listened to"
    # It would be no proof if nobody saw anything.
    assert set(crawl.seen) == fields - NOWHERE, f"seen by nobody: {fields - NOWHERE - set(crawl.seen)}"
    assert crawl.seen["report.contact"] == {"handler", "grid", "community", "subdistrict", "district"}
    assert crawl.seen["photo.original"] == {"community", "subdistrict", "district"}
    assert crawl.asked > 1000
    print(f"{crawl.asked} requests, {len(crawl.planted)} marked values")


def _every_get(crawl: Crawl) -> None:
    for rank, row, words in crawl.rows("GET"):
        crawl.look(rank, "GET", row.address(words), row.query(words))


def _what_they_link_to(crawl: Crawl, most: int) -> None:
    for rank in RANKS:
        for link in list(crawl.links[rank])[:most]:
            crawl.look(rank, "GET", link)


def _searches(crawl: Crawl) -> None:
    """The values themselves are looked for, by all who can search; one of each field."""
    values = {canary.field: canary.text for canary in crawl.planted.values() if canary.field in SEARCHED}
    for rank in RANKS:
        for text in values.values():
            for address in ("/api/map/search", "/api/places/search", "/cases"):
                crawl.look(rank, "GET", address, {"q": text})
        for which in ("place", "mine", "soon", "overdue", "verify", "approve", "release", "all", "done"):
            crawl.look(rank, "GET", "/cases", {"which": which})


def _open311(crawl: Crawl) -> None:
    for form in ("json", "xml"):
        for more in ({}, {"extensions": "true"}, {"status": "closed"}):
            crawl.look("visitor", "GET", f"/open311/v2/requests.{form}", {"jurisdiction_id": "110105", **more})


def _downloads(crawl: Crawl) -> None:
    """Every kind of file that a division is handed out as."""
    from geoapp.maps.sheets.views import DOWNLOADS

    for kind in DOWNLOADS:
        crawl.look("planner", "GET", f"/api/divisions/{crawl.office.world.divisions[C1]}/plans/1/download/{kind}")


def _handed_out(crawl: Crawl) -> None:
    for rank, row, words in crawl.rows("POST", HANDING_OUT):
        body: dict[str, Any] = {"data": {"purpose": "核实情况"}} if "contact" in row.route else {}
        crawl.look(rank, "POST", row.address(words), row.query(words), **body)
