"""What people type into forms -> typed values, each fault as one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from geoapp.accounts.people import path_of
from geoapp.accounts.roles import PlacePath, Rank
from geoapp.errors import Invalid


def text(form: Mapping[str, str], name: str, *, longest: int = 200) -> str:
    """A field's text; empty when it is not there."""
    value = form.get(name, "")
    if len(value) > longest or "\0" in value:
        raise Invalid("有一栏太长或含有无效字符；请改短后重试。")
    return value


def rank(form: Mapping[str, str]) -> Rank:
    """The rank that was chosen."""
    try:
        return Rank(form.get("rank", ""))
    except ValueError:
        raise Invalid("请选择一个身份。") from None


def place(form: Mapping[str, str], known: Mapping[PlacePath, str]) -> PlacePath:
    """The place that was chosen or typed: its code, its name, or "code name"; empty for the whole installation.

    ``known`` are the places among which may be chosen, with their names. A name that several have is not guessed at.
    """
    typed = " ".join(text(form, "place").split())
    if not typed:
        return ()
    word = typed.split(" ")[0]
    by_code = [path for path in known if path and path[-1] == word]
    found = by_code or [path for path, name in known.items() if name == typed]
    if len(found) == 1:
        return found[0]
    if len(found) > 1:
        raise Invalid("有几处都叫“%(name)s”；请改填区划代码。", name=typed)
    raise Invalid("没有“%(name)s”这个地方，或不在您的管理范围内；请从列表中选择，或填区划代码。", name=typed[:40])


def day(form: Mapping[str, str], name: str) -> date | None:
    """A day as date fields send it; None when the field is empty."""
    typed = text(form, name, longest=20).strip()
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Invalid("日期“%(day)s”不对；请写成 2026-11-22 的样子。", day=typed) from None


def path(typed: str) -> PlacePath:
    """A place path as addresses carry it."""
    if len(typed) > 120 or not all(code.isalnum() and code.isascii() for code in path_of(typed)):
        raise Invalid("地址中的区划代码不对；请从页面上的链接进入。")
    return path_of(typed)
