"""All that was found of each community, in the order in which they want looking at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from geoapp.splitting.rules import Rules
from geoapp.splitting.scanning.communities import Community
from geoapp.splitting.scanning.division import Outcome
from geoapp.splitting.scanning.grounds import Prepared
from geoapp.splitting.scanning.hardship import Hardship
from geoapp.splitting.scanning.sizes import Limits, Size, Staffing, size_of, staffing_of

#: Verdicts in the order of urgency, with their words. Reckonings (测算), no findings against anybody.
VERDICTS = {
    "divide": "超规模且难管，建议研究调整",
    "over_unknown": "超规模，难管情况资料不全",
    "over": "超规模，未见难管标志",
    "merge": "规模过小，可研究合并",
    "fits": "规模适宜",
    "unknown": "资料不足，未测算",
}


@dataclass(frozen=True)
class Row:
    """One community in the result.

    ``households`` are those that the size test was made on (the file's, else the sum of the units), ``estimated`` says
    that some of them are not counted; ``staffing_after`` adds up both parts of the division; ``rank`` counts from 1,
    None where the size is not known.
    """

    community: Community
    households: int | None
    households_from_units: bool
    households_estimated: int | None
    estimated: bool
    size: Size | None
    staffing: Staffing | None
    hardship: Hardship
    verdict: str
    prepared: Prepared | None = None
    outcome: Outcome | None = None
    staffing_after: tuple[Staffing, ...] = ()
    status: str = "none"
    reason: str = ""
    remarks: tuple[str, ...] = ()
    rank: int | None = None


@dataclass(frozen=True)
class Scan:
    """Rows by rank, the limits and rules they rest on, (mark, why its threshold) pairs, and notes on the whole."""

    rows: tuple[Row, ...]
    rules: Rules
    limits: Limits
    thresholds: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


def row_of(
    community: Community,
    hardship: Hardship,
    prepared: Prepared | None,
    outcome: Outcome | None,
    *,
    limits: Limits,
    rules: Rules,
    from_units: bool,
    no_units: str = "",
) -> Row:
    """Everything about one community but its rank.

    Parameters
    ----------
    prepared, outcome : of its division, None where none was asked for
    from_units : its households are the sum of its units
    no_units : why no division was tried anywhere
    """
    h = community.households
    size = None if h is None else size_of(h, community.people, limits=limits, rules=rules)
    marked = prepared.households_marked if prepared else None
    status, reason = _status(size, prepared, outcome, no_units=no_units)
    after = tuple(staffing_of(part, None, rules) for part in (outcome.part_households if outcome else ()))
    return Row(
        community=community,
        households=h,
        households_from_units=from_units,
        households_estimated=marked,
        estimated=community.estimated or bool(marked),
        size=size,
        staffing=None if h is None else staffing_of(h, community.staff, rules),
        hardship=hardship,
        verdict=verdict_of(size, hardship),
        prepared=prepared,
        outcome=outcome,
        staffing_after=after,
        status=status,
        reason=" ".join([*community.faults, reason]).strip(),
        remarks=(*community.remarks, *_remarks(community, prepared, outcome, limits=limits)),
    )


def verdict_of(size: Size | None, hardship: Hardship) -> str:
    """Too large AND hard to manage is the test; too large with marks that are not known is not settled."""
    if size is None:
        return "unknown"
    if size != "over":
        return "merge" if size == "merge" else "fits"
    if hardship.count:
        return "divide"
    return "over_unknown" if hardship.unknown else "over"


def _status(size: Size | None, prepared: Prepared | None, outcome: Outcome | None, *, no_units: str) -> tuple[str, str]:
    if outcome is not None:
        return outcome.status, outcome.reason
    if prepared is not None and prepared.reason:
        return ("infeasible" if prepared.infeasible else "none"), prepared.reason
    if size is None:
        return "none", "户数不详：请在社区文件里补上户数。"
    if size != "over":
        return "none", ""
    return "none", no_units


def _remarks(community: Community, prepared: Prepared | None, outcome: Outcome | None, *, limits: Limits) -> list[str]:
    said = []
    if prepared is not None and prepared.households is not None and community.households is not None:
        gap = prepared.households - community.households
        if gap:
            said.append(f"划分单元合计 {prepared.households} 户，比登记{'多' if gap > 0 else '少'} {abs(gap)} 户。")
    if prepared is not None and prepared.halves is not None and prepared.halves.parts_needed > 2:
        said.append(f"至少要分成 {prepared.halves.parts_needed} 个社区，这里给出第一刀。")
    if prepared is not None and prepared.bridges:
        said.append(f"有 {prepared.bridges} 处隔着水面或空隙，按最近处算作相邻。")
    if outcome is not None and outcome.part_of is not None and community.households in range(limits.over + 1):
        said.append("人口超过上限而户数没有：两部分只按户数测算，人口请另行核对。")
    return said


def ranked(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows, most urgent first, with ranks.

    By verdict (too large and hard to manage; too large, marks not known; too large; too small; fits), then more marks,
    then more households, then more workers missing, then the code. Rows without a size come last, without a rank.
    """

    def order(row: Row) -> tuple[int, int, int, int, str]:
        short = row.staffing.short or 0 if row.staffing else 0
        return (
            list(VERDICTS).index(row.verdict), -row.hardship.count, -(row.households or 0), -short, row.community.key,
        )  # fmt: skip

    placed = sorted(rows, key=order)
    return tuple(
        replace(row, rank=None if row.verdict == "unknown" else number) for number, row in enumerate(placed, 1)
    )
