"""Personal data: what it is kept for, who may see it, and how long; whatever leaves the app passes here.

A field that is not declared does not leave. Columns are tied to a declaration by ``info={"personal": key}``;
`tests/rules/personal_columns.csv` says of every column whether it is one, and a crawl of all pages with marked values
looks whether each is seen by those alone who may (`tests/web/test_canaries.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from geoapp.errors import Invalid

#: Counts from 1 to this could tell a person; they are shown as "<3".
SMALLEST_SHOWN_COUNT = 3


class Also(StrEnum):
    """Who sees a field beside those who hold its permission at the place."""

    #: The person herself, signed in.
    SELF = "本人"
    #: Whoever holds the link by which she chooses her password: she herself.
    INVITED = "持邀请链接的本人"
    #: Whoever may see the inside of a case, or a point of a patrol, sees who acted there.
    COLLEAGUE = "一起办件的人"
    #: Whoever may export all that is kept of a person, which the audit tells.
    EXPORT = "依请求导出个人信息的管理员"
    #: Whoever holds the receipt of the report: its sender.
    RECEIPT = "持回执的反映人"
    #: Whoever the case was given to, as its lead handler.
    LEAD = "主办单位"
    #: Whoever the case was given to, also as one of several or called in.
    ASSIGNED = "承办单位"
    #: Whoever was sent the link to the one case.
    LINK = "收到办理链接的单位"
    #: Everybody, once an official has released it.
    RELEASED = "审核公开后所有人"


@dataclass(frozen=True, slots=True)
class PersonalField:
    """One personal field, and how it goes: ``kept_days`` after ``since`` (None: as long as what it belongs to)."""

    key: str
    title: str
    purpose: str
    #: Permission that a reader needs at the place concerned.
    readers: str
    kept_days: int | None
    #: What the days begin with, or how long it is kept where there are none.
    since: str = "与账号同存"
    #: ``module:function`` that lets go what has served its term: ``(database, *, now) -> how many``.
    forget: str = ""
    also: frozenset[Also] = frozenset()


@dataclass(frozen=True, slots=True)
class Holding:
    """What a part keeps of people with an account beside the account: how it is handed to her, and how it is erased.

    Both are ``module:function``. ``export`` is ``(connection, person_id) -> plain JSON``, ``erase`` is
    ``(database, connection, actor, person_id, *, now) -> None``.
    """

    name: str
    export: str
    erase: str


_REGISTRY: dict[str, PersonalField] = {}
_HOLDINGS: dict[str, Holding] = {}


def declare(field: PersonalField) -> PersonalField:
    """Declare a personal field; done by each part at import."""
    if _REGISTRY.setdefault(field.key, field) != field:
        raise ValueError(f"personal field {field.key!r} is declared twice")
    return field


def declare_holding(holding: Holding) -> Holding:
    """Say that a part keeps something of people with an account."""
    if _HOLDINGS.setdefault(holding.name, holding) != holding:
        raise ValueError(f"holding {holding.name!r} is declared twice")
    return holding


def holdings() -> list[Holding]:
    """What parts keep of people with an account, by name."""
    return [_HOLDINGS[name] for name in sorted(_HOLDINGS)]


def declared() -> list[PersonalField]:
    """All declared fields, by key."""
    return [_REGISTRY[key] for key in sorted(_REGISTRY)]


def personal_field(key: str) -> PersonalField:
    """The declaration of that key."""
    try:
        return _REGISTRY[key]
    except KeyError:
        raise Invalid(f"个人信息字段 {key!r} 没有登记，不能输出。") from None


def leave(row: Mapping[str, Any], *, personal: Mapping[str, str], held: Iterable[str]) -> dict[str, Any]:
    """The row as it may leave: personal values only for readers who hold the declared permission.

    Parameters
    ----------
    row : field -> value
    personal : field -> key of its declaration, for the fields of ``row`` that are personal
    held : permissions that the reader holds at the place concerned
    """
    rights = set(held)
    shown = {}
    for name, value in row.items():
        if name in personal and personal_field(personal[name]).readers not in rights:
            continue
        shown[name] = value
    return shown


def small_count(n: int) -> str | int:
    """A count as it may be published: 1 and 2 become "<3", 0 and larger numbers stand."""
    return f"<{SMALLEST_SHOWN_COUNT}" if 0 < n < SMALLEST_SHOWN_COUNT else n


#: Accounts that have ended are erased after three years: so long a claim about what was done may be brought
#: (民法典第一百八十八条).
ENDED_DAYS = 1095
#: Devices in the list of one's own sign-ins.
SESSION_DAYS = 30

_HERE = "geoapp.accounts.keeping.actions"
_SELF = frozenset({Also.SELF})


def _of_person(key: str, title: str, purpose: str, readers: str = "people.read", *also: Also) -> PersonalField:
    ways = _SELF | set(also)
    return declare(PersonalField(key, title, purpose, readers, ENDED_DAYS, "账号停用后", f"{_HERE}:erase_ended", ways))


LOGIN = _of_person("person.login", "账号", "登录", "people.read", Also.INVITED)
NAME = _of_person("person.name", "姓名", "同事之间办理工作", "people.read", Also.INVITED, Also.COLLEAGUE)
EMAIL = _of_person("person.email", "电子邮箱", "发送通知和找回密码")
PHONE = _of_person("person.phone", "电话", "工作联系")
SUBJECT = _of_person("person.subject", "单点登录标识", "单点登录", "people.manage")
AGENT = declare(
    PersonalField(
        "session.agent", "登录所用的浏览器", "让本人认出自己的登录", "privacy.export", SESSION_DAYS, "登录结束后",
        f"{_HERE}:forget_sessions", _SELF,
    )
)  # fmt: skip
