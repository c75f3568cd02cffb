"""The paste of an official, and the form on which she confirms what was read -> drafts of orders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from geoapp.reports.casework.forms import BadForm, whole
from geoapp.reports.orders.actions import Draft, dialled
from geoapp.reports.orders.order import canonical_number
from geoapp.reports.orders.several import MOST_ORDERS
from geoapp.reports.rulebook.store import Rulebook
from geoapp.reports.terms import BadTerm, Term

FIELDS = ("number", "words", "address", "asked", "choice", "kind", "term", "due", "received", "phone")
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::\d\d)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """One order of the form as it was typed, and the draft of it; ``wrong`` is field -> sentence."""

    given: dict[str, str]
    draft: Draft
    wrong: dict[str, str] = field(default_factory=dict)


def read_confirmed(form: Mapping[str, str], rules: Rulebook, zone: ZoneInfo) -> list[Confirmed]:
    """The orders of a form, those left out that she unticked."""
    count = whole(form, "count")
    if not 0 < count <= MOST_ORDERS:
        raise BadForm("页面不完整；请刷新后重试。")
    asked = [{name: form.get(f"{name}-{i}", "").strip() for name in FIELDS} for i in range(count)]
    return [_confirmed(given, rules, zone) for i, given in enumerate(asked) if form.get(f"take-{i}") == "yes"]


def _confirmed(given: dict[str, str], rules: Rulebook, zone: ZoneInfo) -> Confirmed:
    wrong: dict[str, str] = {}
    number = canonical_number(given["number"])
    if not re.search(r"\d", number):
        wrong["number"] = "写上工单编号；同一编号只存一次，靠它认得。"
    if not given["words"]:
        wrong["words"] = "写一句说的是什么事。"
    if given["term"]:
        try:
            Term.parse(given["term"])
        except BadTerm as error:
            wrong["term"] = str(error)
    phone = dialled(given["phone"])
    if given["phone"] and not phone:
        wrong["phone"] = "电话号码不对；请填手机号或带区号的座机，也可以不填。"
    moments = {}
    for name, label in (("due", "截止时间"), ("received", "派单时间")):
        try:
            moments[name] = read_moment(given[name], zone)
        except BadForm:
            wrong[name] = f"{label}不对；请写成 2026-11-24 17:00，也可以不填。"
    draft = Draft(
        number, given["words"][:4000], given["address"][:200],
        # A choice was among the candidates of the address as it was asked for.
        given["choice"][:16] if given["address"] == given["asked"] else "",
        given["kind"] if given["kind"] in rules.kinds.kinds else "unsorted", given["term"], moments.get("due"),
        moments.get("received"), phone,
    )  # fmt: skip
    return Confirmed(given, draft, wrong)


def read_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A moment of a form in the district's civil time; None for an empty field, BadForm for what is none."""
    if not text:
        return None
    found = _MOMENT.fullmatch(text.replace(" ", "T"))
    try:
        if found is None or not 1990 <= int(found[1]) <= 2200:
            raise ValueError
        return datetime(*(int(part) for part in found.groups()), tzinfo=zone)  # type: ignore[arg-type,misc]
    except ValueError:
        raise BadForm("时间不对。") from None


def written(at: datetime | None, zone: ZoneInfo) -> str:
    """A moment as a form's field has it."""
    return "" if at is None else f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"
