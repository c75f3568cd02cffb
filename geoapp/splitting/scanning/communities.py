"""A community as a scan knows it, and what the scan finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from geoapp.splitting.scanning.fields import BadValue, code_text, count_of, has_manager, is_blank, is_yes, share_of


@dataclass(frozen=True)
class Community:
    """One row of the communities file.

    Parameters
    ----------
    key : distinct; the code, with the row number where a code is missing or not the first of its kind
    geometry : polygon in WGS84, or None where the file has none that can be used
    pieces : connected pieces of the polygon, None without one
    households, people, staff, over60, complaints : as registered, None where the file says nothing
    over60_share : share 0..1 as registered, where the file has a share instead of a number
    unmanaged_share : share 0..1 of the homes without a property manager; 0 or 1 when the file only says yes or no
    estimated : the households are estimated or apportioned, by the file's own word
    basis, date : 口径 and date of the households
    faults : what is wrong with the row, one sentence each
    remarks : how a figure came about, where it is not the file's own
    """

    key: str
    code: str
    name: str
    geometry: Any = None
    pieces: int | None = None
    households: int | None = None
    people: int | None = None
    staff: int | None = None
    over60: int | None = None
    over60_share: float | None = None
    complaints: int | None = None
    unmanaged_share: float | None = None
    estimated: bool = False
    basis: str = ""
    date: str = ""
    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass
class _Reading:
    """Values of one row by meaning; what cannot be read becomes a fault, never an end."""

    row: dict[str, Any]
    here: dict[str, str]
    faults: list[str] = field(default_factory=list)

    def raw(self, meaning: str) -> Any:
        """The value as it stands, None without such a field."""
        return self.row.get(self.here[meaning]) if meaning in self.here else None

    def read(self, meaning: str, kind: Any) -> Any:
        """The value as ``kind`` reads it; None and a fault where it cannot."""
        try:
            return kind(self.raw(meaning), f"字段 {self.here.get(meaning, meaning)} ")
        except BadValue as error:
            self.faults.append(str(error))
            return None

    def text(self, meaning: str) -> str:
        """The value as text, '' for a blank."""
        value = self.raw(meaning)
        return "" if is_blank(value) else str(value)


def community_of(
    row: dict[str, Any], here: dict[str, str], *, number: int, taken: set[str], geometry: Any, pieces: int | None
) -> Community:
    """One row of the file, ``number`` from 1, as a community; keys in ``taken`` are used by rows above."""
    reading = _Reading(row, here)
    code = code_text(reading.raw("code"))
    if not code:
        reading.faults.append(f"第 {number} 行没有社区编码：请补上。")
    elif code in taken:
        reading.faults.append(f"编码 {code} 出现了不止一次：请给每个社区一个编码，划分单元只归到第一个。")
    key = code if code and code not in taken else f"{code}#{number}"
    if geometry is None:
        reading.faults.append("没有可用的面状图形：请检查这一行的图形。")
    manager = has_manager(reading.raw("manager"))
    return Community(
        key=key,
        code=code,
        name=reading.text("name") or code or f"第 {number} 行",
        geometry=geometry,
        pieces=pieces,
        households=reading.read("households", count_of),
        people=reading.read("people", count_of),
        staff=reading.read("staff", count_of),
        over60=reading.read("over60", count_of),
        over60_share=reading.read("over60_share", share_of),
        complaints=reading.read("complaints", count_of),
        unmanaged_share=None if manager is None else float(not manager),
        estimated=is_yes(reading.raw("estimated")),
        basis=reading.text("basis"),
        date=reading.text("date")[:10],
        faults=tuple(reading.faults),
    )
