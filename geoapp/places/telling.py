"""What an entry of the audit says of a change of places: where it belongs, and each place before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from geoapp.accounts.audit import declare_action
from geoapp.places.hierarchy import path_of
from geoapp.places.versions import KIND_TITLES, Change, PlaceVersion

#: Places that an entry names one by one; of a load of thousands the rest is counted.
MOST_NAMED = 20
#: Kinds of operations whose subject is the code of the one place that they are about.
_OF_ONE = frozenset({"split", "abolish", "rename"})

for _kind, _title in KIND_TITLES.items():
    declare_action(f"places.{_kind}", _title, on="生效日期", note="说明", further="其余")
declare_action("places.undo", "撤回变更", operation="变更")
declare_action("places.retitle", "更改层级名称", title="名称")


def shown_codes(change: Change) -> list[str]:
    """Codes that the entry names: those that end or begin, higher levels first."""
    codes = {*change.closes, *(version.code for version in change.opens)}
    return sorted(codes, key=lambda code: (len(code), code))[:MOST_NAMED]


def values(change: Change, before: Mapping[str, PlaceVersion], *, on: date, note: str) -> dict[str, Any]:
    """{code: [as it was, as it is]} of the named places, with the day, the note, and how many more there are."""
    opens = {version.code: version for version in change.opens}
    named = shown_codes(change)
    told: dict[str, Any] = {
        code: [_described(before[code]) if code in before else None, _described(opens[code]) if code in opens else None]
        for code in named
    }
    further = len({*change.closes, *opens}) - len(named)
    return told | {
        "on": [None, on.isoformat()],
        "note": [None, note or None],
        "further": [None, f"{further}" if further else None],
    }


def place_of(kind: str, subject: str, change: Change) -> tuple[str, ...]:
    """The place at which the entry is read: the one that it is about, else what all of its places have in common."""
    codes = [*change.closes, *(version.code for version in change.opens)]
    return path_of(subject) if kind in _OF_ONE and subject in codes else common_path(codes)


def common_path(codes: Iterable[str]) -> tuple[str, ...]:
    """The longest path that all the codes lie on or below; () for none.

    Examples
    --------
    >>> common_path(["110105012023", "110105012027001"])
    ('110105', '110105012')
    """
    paths = [path_of(code) for code in codes]
    if not paths:
        return ()
    shortest = min(len(path) for path in paths)
    same = next((n for n in range(shortest) if len({path[n] for path in paths}) > 1), shortest)
    return paths[0][:same]


def _described(version: PlaceVersion) -> str:
    words = [version.name]
    if version.households is not None:
        words.append(f"{version.households} 户")
    if version.staff is not None:
        words.append(f"{version.staff} 名工作人员")
    return "，".join(words)
