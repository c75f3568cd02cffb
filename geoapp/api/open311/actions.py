"""What is done through Open311: keys are made and revoked, requests are filed."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from geoapp.accounts.audit import declare_action
from geoapp.accounts.people import VISITOR, Actor
from geoapp.accounts.store import take_token
from geoapp.accounts.trail import actions as trail
from geoapp.api.open311 import store
from geoapp.api.open311.attributes import check
from geoapp.api.open311.filing import Filing
from geoapp.api.open311.services import BATCH, FILE, Catalogue, parse_catalogue
from geoapp.api.open311.store import Key
from geoapp.config import Settings
from geoapp.db import Database, utcnow
from geoapp.errors import Conflict, Invalid, NotAllowed, NotFound, TooOften
from geoapp.reports import stages
from geoapp.reports import store as reports
from geoapp.reports.actions import Desk, desk
from geoapp.reports.kinds import Kind, Kinds
from geoapp.reports.orders.actions import look_up
from geoapp.reports.people import Contact, Sender
from geoapp.reports.photos.actions import Prepared, attach
from geoapp.reports.placing import Position, best, without_elsewhere
from geoapp.reports.rulebook.store import SHIPPED, rulebook
from geoapp.reports.sending.actions import take
from geoapp.reports.sending.matter import Receipt, Sending
from geoapp.reports.telephones import first_kept

LONGEST_NAME = 60
KEY = declare_action("open311.key", "发放接口密钥", per_minute="每分钟件数")
REVOKE = declare_action("open311.revoke", "吊销接口密钥")
FILE_REQUEST = declare_action("open311.file", "经接口反映", key="接口密钥")


class WrongKey(NotAllowed):
    """The api_key is missing, unknown or revoked; which of these is not said."""


def make_key(database: Database, actor: Actor, *, name: str, per_minute: int) -> str:
    """A new key for the client ``name``; given back this once."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid(f"名称要有 1 到 {LONGEST_NAME} 个字，不含控制字符。")
    _require_owner(actor)
    secret, now = secrets.token_urlsafe(24), utcnow()
    with database.transaction() as connection:
        if store.key_named(connection, name) is not None:
            raise Conflict(f"“{name}”已有密钥（吊销的也算）；请换个名称，让记录分得清。")
        store.add_key(connection, name=name, secret=secret, per_minute=per_minute, by=actor.name, at=now)
        trail.record(database, connection, actor, KEY, subject=name, values={"per_minute": [None, per_minute]})
    return secret


def revoke_key(database: Database, actor: Actor, *, name: str) -> None:
    """End a key; what came through it stays."""
    _require_owner(actor)
    with database.transaction() as connection:
        found = store.key_named(connection, name)
        if found is None or found.revoked_at is not None:
            raise NotFound(f"没有有效的密钥“{name}”；geoapp open311 keys 列出全部。")
        store.revoke_key(connection, found.id, utcnow())
        trail.record(database, connection, actor, REVOKE, subject=name)


def _require_owner(actor: Actor) -> None:
    # Keys are made at the machine; no page does it, so no rank holds the right.
    if not actor.system:
        raise NotAllowed("密钥在服务器上用 geoapp open311 建和吊销。")


# -- what the district has laid down -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Book:
    """Kinds, and what the district adds to them for Open311; ``changeset`` sorts by the day of the last change."""

    kinds: Kinds
    catalogue: Catalogue
    changeset: str

    def kind(self, code: str) -> Kind:
        """The kind of a service; NotFound for a code that is no service."""
        found = self.kinds.kinds.get(code)
        if found is None:
            raise NotFound(_("没有 service_code=%(code)s；可用的代码见 services。", code=code[:40]))
        return found


_lock = threading.Lock()
_read: dict[Path, tuple[object, Book]] = {}


def book(settings: Settings) -> Book:
    """The book in force: an installation's own <data>/reports/open311.toml wins over the shipped one."""
    kinds = rulebook(settings).kinds
    own, shipped = settings.data / "reports", SHIPPED
    path, kinds_path = (own / name if (own / name).is_file() else shipped / name for name in (FILE, "kinds.toml"))
    changed = max(path.stat().st_mtime, kinds_path.stat().st_mtime)
    with _lock:
        known = _read.get(path)
    if known is not None and known[0] == (changed, id(kinds)):
        return known[1]
    catalogue = parse_catalogue(path.read_text(encoding="utf-8"), kinds)
    found = Book(kinds, catalogue, f"{datetime.fromtimestamp(changed, UTC):%Y-%m-%d %H:%M}")
    with _lock:
        _read[path] = ((changed, id(kinds)), found)
    return found


# -- filing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filed:
    """What the client is answered: a number or a token, never both, and what it should know."""

    name: str
    value: str
    notice: str


def require_key(database: Database, secret: str) -> Key:
    """The key of that secret, with one request taken from its rate.

    Raises
    ------
    WrongKey : missing, unknown or revoked; TooOften : it asked more often than it may
    """
    now = utcnow()
    with database.transaction() as connection:
        found = store.key_of_secret(connection, secret)
        if found is None:
            raise WrongKey(_("api_key 缺少或无效；密钥向本级管理员申请。"))
        factor = database.settings.rate_limits
        rate = found.per_minute * factor
        wait_s = 0.0
        if factor:
            wait_s = take_token(connection, f"open311 key {found.id}", capacity=rate, refill_s=60 / rate, now=now)
    if wait_s > 0:
        raise TooOften(_("这个密钥发送得太频繁；请稍候再试。"), wait_s=wait_s)
    return found


def file_request(
    database: Database,
    book: Book,
    key: Key,
    filing: Filing,
    *,
    photos: Sequence[Prepared],
    sending_key: str,
    english: bool,
) -> Filed:
    """Make a report of a request; durable when this returns. The same sending key again gives the same answer.

    Raises
    ------
    NotFound : the service; BadAnswers, and what `geoapp.reports.sending` raises : the rest
    """
    kind = book.kind(filing.service_code)
    answers = check(book.catalogue.attributes_of(kind), filing.attributes)
    sending = _sending(database, filing, kind, photos, english=english)
    sender = Sender(device=f"open311 {key.id} {filing.device_id}" if filing.device_id else "")
    for attempt in range(_TRIES):
        try:
            with desk(database, VISITOR) as at:
                receipt = take(at, sending, sender=sender, key=sending_key)
                token = _note(at, receipt, key, book, filing, answers)
                for photo in photos:
                    attach(at.connection, photo, report_id=receipt.report_id, by="sender", now=at.now)
            break
        except IntegrityError:
            # Another process was quicker with the same number or bucket: look again.
            if attempt == _TRIES - 1:
                raise
    notice = _notice(kind, filing, receipt)
    if token is not None:
        return Filed("token", token, notice)
    return Filed("service_request_id", receipt.number, notice)


_TRIES = 4


def _sending(database: Database, filing: Filing, kind: Kind, photos: Sequence[Prepared], *, english: bool) -> Sending:
    # GeoReport lets a client send a service and a place and nothing else; a report has words.
    words = filing.description or (kind.plain_en if english else kind.plain_zh)
    positions = [Position(*filing.lonlat, "device")] if filing.lonlat is not None else []
    positions += [photo.position for photo in photos if photo.position is not None]
    place_code = filing.address_id if filing.lonlat is None else ""
    at = best(positions)
    if not place_code and filing.address_string and (at is None or at.evidence == "exif"):
        # An address is a place, too: without one it would wait at the district.
        found = look_up(database, filing.address_string)
        if found.only is not None and found.only.position is not None:
            positions = [*without_elsewhere(positions, found.only.position), found.only.position]
        place_code = "" if positions else found.shared_place
    personal = filing.personal
    return Sending(
        words=words,
        matter=kind.matter,
        kind=kind.code,
        positions=tuple(positions),
        photos=len(photos),
        place_code=place_code,
        address=filing.address_string,
        contact=Contact(name=_name(personal), phone=_phone(personal), email=personal.get("email", "")),
        channel="open311",
        language="en" if english else "zh",
    )


def _name(personal: Mapping[str, str]) -> str:
    first, last = personal.get("first_name", ""), personal.get("last_name", "")
    western = f"{first} {last}".strip()
    return western if western.isascii() else last + first


def _phone(personal: Mapping[str, str]) -> str:
    """The first telephone that was sent, as contacts keep it; a number that nobody could dial is none."""
    return first_kept(personal.get("phone", ""))


def _note(
    at: Desk, receipt: Receipt, key: Key, book: Book, filing: Filing, answers: Mapping[str, list[str]]
) -> str | None:
    """Keep with a new report what else came; the token that is answered for it, None where its number is."""
    if receipt.again:
        return store.token_of_report(at.connection, receipt.report_id)
    token = secrets.token_urlsafe(18) if book.catalogue.type_of(filing.service_code) == BATCH else None
    store.add_filing(at.connection, report_id=receipt.report_id, key_id=key.id, token=token, at=at.now)
    case = reports.case_by_id(at.connection, receipt.report_id)
    if words := _further(book, filing, answers):
        # For those who handle it: it is no part of what the public reads after release.
        text_id = at.text(case.id, words, role="note", by="sender")
        at.aside(case, stages.move(case.stage, "note"), text_id=text_id, by="sender")
    values = {"key": [None, key.name]}
    trail.record(at.database, at.connection, at.actor, FILE_REQUEST, subject=case.key, place=case.place_path,
                 values=values)  # fmt: skip
    return token


def _further(book: Book, filing: Filing, answers: Mapping[str, list[str]]) -> str:
    """Answers to the service's questions, and an address of a picture that nobody has opened, as lines to read."""
    lines = []
    for attribute in book.catalogue.attributes_of(book.kind(filing.service_code)):
        names = {value: name for value, name, _english in attribute.values}
        if given := answers.get(attribute.code):
            lines.append(f"{attribute.description} {'、'.join(names.get(value, value) for value in given)}")
    if filing.media_url:
        lines.append(f"对方附了一个网址（系统没有打开过，请勿随意点开）：{filing.media_url}")
    return "\n".join(lines)


def _notice(kind: Kind, filing: Filing, receipt: Receipt) -> str:
    """What the sender should know."""
    said = []
    if kind.call:
        said.append(_("紧急情况请先拨打 %(number)s。", number=kind.call))
    if receipt.outside:
        said.append(_("这个位置不在本地受理范围内，可能会转交别处。"))
    if filing.media_url:
        said.append(_("media_url 不会被打开；照片请用 media 一并发送。"))
    if filing.personal.get("phone") and not _phone(filing.personal):
        said.append(_("电话号码没有读懂，没有保存；请填一个手机号或带区号的座机。"))
    return " ".join(said)
