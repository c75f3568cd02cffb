"""What an entry of the audit says, and the chain that shows whether one was altered, dropped or put in later.

Each entry carries the hash of the one before. The newest hash is also kept outside the database, so that cutting
the tail off shows too. Personal values stand in it encrypted under a key per person: erasing a person destroys the
key, the ciphertext stays, and the chain still holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64


#: What actions are called on the page; parts add theirs with `declare_action`.
_ACTIONS: dict[str, str] = {}
#: What fields of `Entry.values` are called.
_FIELDS: dict[str, str] = {}


def declare_action(action: str, title: str, /, **fields: str) -> str:
    """Give an action, and the fields that its entries change, the names that the page shows."""
    _ACTIONS[action] = title
    _FIELDS.update(fields)
    return action


def action_title(action: str) -> str:
    """Shown name of an action; the action itself where nobody named it."""
    return _ACTIONS.get(action, action)


def field_title(field: str) -> str:
    """Shown name of a field; the field itself where nobody named it."""
    return _FIELDS.get(field, field)


def titles() -> set[str]:
    """All shown names, for whoever translates them."""
    return {*_ACTIONS.values(), *_FIELDS.values()}


def shown_value(value: Any) -> str:
    """A value of an entry in one line; a dash for nothing."""
    if value is None or value in ("", []):
        return "—"
    if isinstance(value, list):
        return "、".join(shown_value(each) for each in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


declare_action("installation.restore", "恢复备份", head="链头")
declare_action("account.sign-in", "登录")
declare_action("account.sign-out", "退出登录")
declare_action("account.password", "修改密码")
declare_action("account.second-factor-on", "开启两步验证")
declare_action("account.second-factor-off", "关闭两步验证")
declare_action("people.create", "新增人员", name="姓名")
declare_action("people.appoint", "授权", rank="身份", until="截止")
declare_action("people.revoke", "收回授权")
declare_action("people.reset-link", "发重设密码链接")
declare_action("people.end", "停用账号")
declare_action("people.erase", "清除个人信息")
declare_action("privacy.export", "导出个人信息")


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: who, when, what, on which thing, at which place, from which values to which.

    ``values`` is {"field": [before, after]}; personal values are ciphertexts by then.
    """

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    place: str
    values: dict[str, Any]
    request_id: str
    previous: str
    digest: str


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold, and in which way."""

    number: int
    reason: str


def digest(previous: str, *, number: int, at: datetime, **content: Any) -> str:
    """SHA-256 over the previous hash and the entry in one canonical form (sorted keys, UTC microseconds)."""
    body = {"number": number, "at": at.astimezone(UTC).isoformat(timespec="microseconds"), **content}
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def digest_of(entry: Entry) -> str:
    """The hash that an entry should carry."""
    return digest(
        entry.previous,
        number=entry.number,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        place=entry.place,
        values=entry.values,
        request_id=entry.request_id,
    )


def first_break(entries: Iterable[Entry], *, head: tuple[int, str] | None) -> Break | None:
    """The first place where the chain does not hold, None when it does.

    Parameters
    ----------
    entries : all entries by ascending number
    head : number and hash of the newest entry as noted outside the database; None when nothing was ever noted
    """
    number, previous = 0, GENESIS
    passed_head = head is None or head[0] == 0
    for entry in entries:
        if entry.number != number + 1:
            return Break(number + 1, f"第 {number + 1} 条缺失")
        if entry.previous != previous:
            return Break(entry.number, f"第 {entry.number} 条与前一条不衔接")
        if digest_of(entry) != entry.digest:
            return Break(entry.number, f"第 {entry.number} 条的内容被改动过")
        if head is not None and entry.number == head[0]:
            if entry.digest != head[1]:
                return Break(entry.number, f"第 {entry.number} 条与库外保存的链头不一致")
            passed_head = True
        number, previous = entry.number, entry.digest
    if not passed_head and head is not None:
        return Break(number + 1, f"库外保存的链头是第 {head[0]} 条，库内只到第 {number} 条：尾部被截断")
    return None
