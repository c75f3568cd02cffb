"""Personal data: what it is kept for, who may see it, and how long; whatever leaves the app passes here.

A field that is not declared does not leave. Columns are tied to a declaration by ``info={"personal": key}``; a test
compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from geoapp.errors import Invalid

#: Counts from 1 to this could tell a person; they are shown as "<3".
SMALLEST_SHOWN_COUNT = 3


@dataclass(frozen=True, slots=True)
class PersonalField:
    """One personal field: ``kept_days`` after the purpose ended (None: as long as the account)."""

    key: str
    title: str
    purpose: str
    #: Permission that a reader needs at the place concerned; the person herself always may.
    readers: str
    kept_days: int | None


_REGISTRY: dict[str, PersonalField] = {}


def declare(field: PersonalField) -> PersonalField:
    """Declare a personal field; done by each part at import."""
    if _REGISTRY.setdefault(field.key, field) != field:
        raise ValueError(f"personal field {field.key!r} is declared twice")
    return field


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


declare(PersonalField("person.login", "账号", "登录", "people.read", None))
declare(PersonalField("person.name", "姓名", "同事之间办理工作", "people.read", None))
declare(PersonalField("person.email", "电子邮箱", "发送通知和找回密码", "people.read", None))
declare(PersonalField("person.phone", "电话", "工作联系", "people.read", None))
declare(PersonalField("person.subject", "单点登录标识", "单点登录", "people.manage", None))
