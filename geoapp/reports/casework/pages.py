"""What officials' pages show, as plain values for the templates.

Every function takes the translation of the page as ``_``, so that sentences stand where they are said and this
module asks nobody for the language.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from geoapp.reports.cases import Case, Event, Request, Text
from geoapp.reports.casework import showing
from geoapp.reports.casework.showing import Form
from geoapp.reports.kinds import UNSORTED, Kinds
from geoapp.reports.numbers import spoken
from geoapp.reports.routing import Routing
from geoapp.reports.stages import Stage
from geoapp.reports.wording import ACTS, EVENT_WORDS, OUTCOME_WORDS, STAGE_WORDS

Say = Callable[..., str]
#: Letters of words that stand in for a title.
_TITLE = 24


@dataclass(frozen=True, slots=True)
class Page:
    """What a page is made in: translation, language, kinds, routing, time and its zone, names of places by code."""

    _: Say
    english: bool
    kinds: Kinds
    routing: Routing
    now: datetime
    zone: ZoneInfo
    places: Mapping[str, str]

    def when(self, at: datetime) -> str:
        """A moment as officials write it: 11月24日 09:05, with the year where it is another."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        if self.english:
            return f"{local:%Y-%m-%d %H:%M}"
        year = "" if local.year == today.year else f"{local.year}年"
        return f"{year}{local.month}月{local.day}日 {local:%H:%M}"

    def day(self, at: datetime) -> str:
        """The day of a moment."""
        return self.when(at).rsplit(" ", 1)[0]

    def reason(self, route: str) -> str:
        """Why a case went where it is ("rule：why"); in the words of its day where that rule is no more."""
        rule, _, why = route.partition("：")
        english = next((each.why_en for each in self.routing.rules if each.id == rule), "") if self.english else ""
        return english or why or route

    def kind(self, code: str) -> str:
        """The title of a kind; the code of one that is no longer in the tree."""
        found = self.kinds.kinds.get(code)
        return code if found is None else found.title_en if self.english else found.title_zh

    def place(self, code: str) -> str:
        """Community and grid of a code, as far as they are named."""
        _ = self._
        if not code:
            return _("不在任何区划里")
        names = [self.places[code[:n]] for n in (9, 12, 15) if n <= len(code) and code[:n] in self.places]
        return " ".join(names[-2:]) or code

    def joined(self, *sentences: str) -> str:
        """Sentences one after the other."""
        return (" " if self.english else "").join(sentences)

    def stage(self, stage: str) -> str:
        """What officials call a stage."""
        return STAGE_WORDS[stage][self.english]


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that could not be used as it was sent, so that it comes back as it was filled in."""

    event: str
    fields: Mapping[str, str]
    bodies: frozenset[str] = frozenset()

    @property
    def words(self) -> str:
        """What somebody wrote herself in it."""
        return next((self.fields[name] for name in ("text", "reason") if self.fields.get(name, "").strip()), "")


def channels(_: Say) -> list[tuple[str, str]]:
    """How reports come in, for choosing."""
    return [
        ("door", _("楼门码")), ("map", _("随手拍")), ("phone", _("来电")), ("counter", _("来访")),
        ("order", _("12345 工单")), ("open311", _("开放接口")), ("patrol", _("巡访")), ("import", _("历史导入")),
    ]  # fmt: skip


def list_names(_: Say) -> dict[str, str]:
    """What the lists are called."""
    return {
        "place": _("本辖区"), "mine": _("派给我的"), "near": _("临期"), "overdue": _("超期"), "check": _("待核查"),
        "approve": _("待审批"), "held": _("待审核公开"), "unsorted": _("待分类"), "hung": _("挂账"),
        "closed": _("已结案"), "hidden": _("已隐藏"), "all": _("全部"),
    }  # fmt: skip


def tabs(_: Say, names: Sequence[str], which: str, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """The lists as tabs; those without a case are left out, but for the first two and the one that is open."""
    words = list_names(_)
    kept = [name for name in names if counts.get(name) or name in {"place", "mine", which, "all"}]
    return [
        {"words": words[n], "count": counts.get(n, 0), "address": f"/cases?which={n}", "current": n == which}
        for n in kept
    ]


def empty(_: Say, which: str, *, narrowed: bool) -> str:
    """What an empty list says: what it is for, and that all is well."""
    if narrowed:
        return _("没有符合筛选的案件；放宽条件再看。")
    said = {
        "place": _("现在没有要办的。居民扫楼门码或在地图上反映后，会出现在这里。"),
        "mine": _("没有派给您或您单位的。"),
        "near": _("没有快到期的。"),
        "overdue": _("没有超期的。"),
        "check": _("没有等着核查的。"),
        "approve": _("没有等着审批的延期或挂账。"),
        "held": _("没有等着审核公开的文字。"),
        "unsorted": _("都分好类了。"),
    }
    return said.get(which, _("这里还没有案件。"))


def kind_groups(kinds: Kinds, *, english: bool) -> list[dict[str, Any]]:
    """The tree of kinds for a field to choose from."""
    return [
        {
            "title": group.title_en if english else group.title_zh,
            "kinds": [{"code": k.code, "title": k.title_en if english else k.title_zh} for k in members],
        }
        for group, members in kinds.tree()
    ]


def shortened(words: str) -> str:
    """As much of somebody's words as stands in for a title."""
    words = " ".join(words.split())
    return words if len(words) <= _TITLE else words[: _TITLE - 1] + "…"


def title_outside(kind: str, case: Case, words: Sequence[str]) -> str:
    """What a case is called to those outside: its kind; until somebody has sorted it, where it is, or what was said."""
    if case.kind != UNSORTED:
        return kind
    return case.address or next(map(shortened, filter(None, words)), "") or spoken(case.number)


def row(page: Page, case: Case, words: str, photo: str) -> dict[str, Any]:
    """One case in a list. Until somebody has sorted it, its own words are its title."""
    title = shortened(words) if case.kind == UNSORTED and words else page.kind(case.kind)
    return {
        "key": case.key, "revision": case.revision, "number": spoken(case.number), "title": title,
        "words": words, "photo": photo, "state": page.stage(case.stage), "place": page.place(case.place_code),
        "channel": dict(channels(page._)).get(case.channel, case.channel), "when": page.when(case.reported_at),
        "clock": showing.clock_of(case, page.now), "mark": showing.mark_of(case, page.now),
        "clock_words": showing.clock_words(case, page.now, english=page.english),
        "lon": case.lon, "lat": case.lat, "me_too": case.me_too, "near_border": case.near_border,
        "illustrative": case.illustrative, "hidden": case.hidden,
    }  # fmt: skip


#: What sends a case elsewhere than where it was routed first; the reason for that is none any more.
_MOVED = {"return", "redispatch", "raise", "not_mended"}


def head(page: Page, case: Case, words: str, *, events: Iterable[Event] = ()) -> dict[str, Any]:
    """A case's facts on its own page."""
    _ = page._
    return row(page, case, words, "") | {
        "kind": suggested(page.kinds, case, words), "shown_number": spoken(case.number),
        "origin_number": case.origin_number,
        "kind_words": page.kind(case.kind) + ("" if case.matter == "problem" else f" · {_('提案')}"),
        "place_words": page.place(case.place_code), "address": case.address,
        "evidence_words": evidence(_, case),
        "duty_words": page.place(case.duty_code) if case.is_open or case.duty_code else "—",
        "route": "" if any(e.kind in _MOVED for e in events) else page.reason(case.route),
        "term_words": _("%(when)s 之前", when=page.when(case.due_at)) if case.due_at and case.is_open else "—",
        "channel_words": dict(channels(_)).get(case.channel, case.channel), "judged": judged(_, case),
        "untaken": case.stage == Stage.COLLECT,
    }  # fmt: skip


def suggested(kinds: Kinds, case: Case, words: str) -> str:
    """The kind that the form for sorting begins with: what the words sound like, until somebody has sorted it."""
    guessed = kinds.guess(words, limit=1) if case.kind == UNSORTED else []
    return guessed[0].code if guessed else case.kind


def evidence(_: Say, case: Case) -> str:
    """How the place is known."""
    said = {
        "pin": _("反映人在地图上点的"), "device": _("反映人手机的位置"), "exif": _("照片里记的位置"),
        "building": _("按楼栋"), "compound": _("按小区"), "street": _("按道路"), "place": _("只知道辖区"),
        "none": _("没有位置"),
    }.get(case.evidence, case.evidence)  # fmt: skip
    return said if case.datum in {"", "wgs84"} else f"{said}（{case.datum}）"


def judged(_: Say, case: Case) -> str:
    """What the sender said of it: empty until she did."""
    if case.solved is None and case.satisfied is None:
        return ""
    solved = _("解决了") if case.solved else _("没解决")
    satisfied = "" if case.satisfied is None else _("满意") if case.satisfied else _("不满意")
    return " · ".join(filter(None, (solved, satisfied)))


def who(page: Page, name: str, people: Mapping[str, str], *, wrote: bool = False, invented: bool = False) -> str:
    """An actor of the timeline as people call her; of an ``invented`` case what a real one would say, marked.

    ``wrote``: is it she who reported it, and not one of those who work on it?
    """
    _ = page._
    if invented and (name == "demo" or name.startswith("import:")):
        return _("反映人（示意）") if wrote else _("网格员（示意）")
    known = {
        "sender": _("反映人"),
        "follower": _("也遇到的人"),
        "visitor": _("居民"),
        "clock": _("系统"),
        "import": _("导入"),
        "demo": _("演示数据"),
    }
    return people.get(name) or known.get(name.partition(":")[0], name)


def log(
    page: Page, case: Case, events: Iterable[Event], texts: Sequence[Text], people: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The timeline, newest first. Of what came from another system it begins when it was reported there."""
    words = {text.id: text.text for text in texts}
    rows = [
        {
            "at": at, "when": page.when(at), "words": EVENT_WORDS[e.kind][page.english],
            "who": who(page, e.actor, people, wrote=e.kind == "send", invented=case.illustrative),
            "text": words.get(e.text_id) if e.text_id is not None else None,
            "detail": _detail(page, e, people), "revision": e.revision,
        }
        for e in sorted(events, key=lambda e: -e.id)
        for at in [_moment(case, e.at, first=e.kind == "send")]
    ]  # fmt: skip
    return rows or _past(page, case)


def _moment(case: Case, at: datetime, *, first: bool) -> datetime:
    """When something happened: what came from another system was reported there, not when it was brought in."""
    return case.reported_at if first and case.channel == "import" else at


def _past(page: Page, case: Case) -> list[dict[str, Any]]:
    """What is known of a case that was history when it came: when it was reported, and when it was closed."""
    known = [("close", case.closed_at), ("send", case.reported_at)]
    return [
        {"at": at, "when": page.when(at), "words": EVENT_WORDS[kind][page.english],
         "who": who(page, "import:", {}, wrote=kind == "send", invented=case.illustrative),
         "text": None, "detail": "", "revision": 0}
        for kind, at in known if at is not None
    ]  # fmt: skip


def _detail(page: Page, event: Event, people: Mapping[str, str]) -> str:
    """To whom or as what something went; empty where the event says it all."""
    if event.kind in {"redispatch", "raise", "return", "not_mended"}:
        return page.place(event.duty_code)
    if event.kind == "classify" and event.data.get("to"):
        return page.kind(str(event.data["to"]))
    if event.data.get("trap"):
        return page._("表单里看不见的一格被填了，像是机器写的，先隐藏；是居民写的就恢复显示")
    # A person's key is nothing to read.
    return people.get(str(event.data.get("lead", "")), "") if event.kind == "assign" else ""


def said(
    page: Page, case: Case, texts: Sequence[Text], people: Mapping[str, str], *, moderates: bool
) -> list[dict[str, Any]]:
    """What those who reported wrote, with what the public sees of it."""
    _ = page._
    states = {"held": _("等待审核"), "released": _("已公开"), "hidden": _("不公开")}
    found = []
    for text in texts:
        if text.role not in {"report", "addition", "judgement"}:
            continue
        offers = [("hold", _("收回公开"))] if text.state == "released" else [("release", _("审核公开"))]
        found.append({
            "id": text.id, "text": text.text, "when": page.when(_moment(case, text.at, first=text.role == "report")),
            "who": who(page, text.by, people, wrote=True, invented=case.illustrative),
            "state": states[text.state], "moderate": offers if moderates and text.text else [],
        })  # fmt: skip
    return found


def form(page: Page, shape: Form, filled: Filled | None = None) -> dict[str, Any]:
    """A form of an event with its words, and with what was filled in where it comes back."""
    _ = page._
    outcomes = ["cannot", "not_ours", "no_longer_needed"]
    back = filled is not None and filled.event == shape.event
    return {
        "event": shape.event, "fields": shape.fields, "primary": shape.primary, "reason_needed": shape.reason_needed,
        "words": ACTS[shape.event] if page.english else EVENT_WORDS[shape.event][0],
        "text_label": _("答复（反映人看得到；反映公开以后，大家也看得到）") if shape.event in {"answer", "refuse"}
                      else _("备注（内部）"),
        "bodies_label": _("叫哪些单位来") if shape.event == "call" else _("协办（选填）"),
        "outcomes": [(code, OUTCOME_WORDS[code][page.english]) for code in
                     (["done", *outcomes] if shape.event == "answer" else outcomes)],
        "terms": [("24h", _("1 天")), ("3wd", _("3 个工作日")), ("5wd", _("5 个工作日")), ("10wd", _("10 个工作日"))],
        "given": filled.fields if filled is not None and back else {}, "back": back,
        "chosen": filled.bodies if filled is not None and back else frozenset(),
    }  # fmt: skip


def meanwhile(page: Page, case: Case, events: Sequence[Event], people: Mapping[str, str], *, seen: int) -> str:
    """What became of a case since the revision that somebody had looked at: 09:05 王某 签收; empty for nothing."""
    later = [each for each in log(page, case, events, (), people) if each["revision"] > seen]
    # The newest say where it stands; those before them are in the timeline.
    return "；".join(
        " ".join(filter(None, (each["when"], each["who"], each["words"], each["detail"]))) for each in later[2::-1]
    )


def back(page: Page, filled: Filled, forms: Collection[str], *, stage: str, photos: bool) -> tuple[Filled, str, str]:
    """Where what somebody filled in comes back: in which form, its id, and what is said of it.

    A form that the case no longer has leaves her words for a note; without a note they are shown, for her to copy.

    Parameters
    ----------
    forms : ids of the forms that the page has now
    photos : had she chosen photographs? A page cannot put files into a form
    """
    _ = page._
    rest = [_("照片要重新选。")] if photos else []
    if filled.event in forms:
        typed = any(value.strip() for value in filled.fields.values()) or filled.bodies
        return (
            filled,
            filled.event,
            page.joined(_("您填的还在，看过再发一次。") if typed else _("看过再按一次。"), *rest),
        )
    over = _("现在“%(stage)s”，这一步做不了了。", stage=page.stage(stage))
    if not filled.words:
        return filled, "", over
    if "note" in forms:
        note = Filled("note", {"text": filled.words})
        return note, "note", page.joined(over, _("您写的放到了“备注”里，可以存下。"), *rest)
    return filled, "", page.joined(over, _("您写的是："))


def term_words(_: Say, term: str) -> str:
    """A term as people say it: 3wd is 3 个工作日."""
    number, unit = term.rstrip("hdw"), term.lstrip("0123456789")
    words = {"h": _("%(n)s 小时", n=number), "d": _("%(n)s 天", n=number), "wd": _("%(n)s 个工作日", n=number)}
    return words.get(unit, term)


def wish(page: Page, asked: Request, reason: str, *, may_decide: bool, given: str = "") -> dict[str, Any]:
    """A wish for more time that waits to be decided; ``given`` is what was to be said of the decision."""
    _ = page._
    if asked.kind == "extension":
        words = _("申请延期 %(term)s", term=term_words(_, asked.term))
    else:
        # It ends with the day that was chosen: the midnight after it would read as another day.
        words = _("申请挂账到 %(when)s", when=page.day(asked.until - timedelta(seconds=1)) if asked.until else "—")
    return {"id": asked.id, "words": words, "reason": reason, "may_decide": may_decide, "given": given}
