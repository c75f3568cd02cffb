"""What a person can do here: try every community, and get the list of those that want looking at."""

from __future__ import annotations

import datetime
import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geoapp.errors import Invalid
from geoapp.geo.measure import only_polygons
from geoapp.splitting.rules import Rules
from geoapp.splitting.scanning import store
from geoapp.splitting.scanning.communities import Community
from geoapp.splitting.scanning.division import Outcome, Task
from geoapp.splitting.scanning.facts import Details, with_details
from geoapp.splitting.scanning.fields import ScanFields
from geoapp.splitting.scanning.grounds import Prepared, UnitTable, prepare
from geoapp.splitting.scanning.hardship import TITLES, judge
from geoapp.splitting.scanning.ranking import Scan, ranked, row_of
from geoapp.splitting.scanning.results import page
from geoapp.splitting.scanning.results import store as results
from geoapp.splitting.scanning.sizes import Limits, limits_of, size_of
from geoapp.splitting.scanning.tasks import Lane, expect_processes, in_one_process, in_processes, processes
from geoapp.splitting.store import file_and_layer, read_profiles, read_rules

NO_UNITS = "没有给划分单元（--units），只做规模、难管标志和人员测算。"


class ScanError(Invalid):
    """A scan is asked for that cannot be run."""


@dataclass(frozen=True)
class Options:
    """How a scan is run.

    Parameters
    ----------
    over : households above which a community is too large; by default the rule's limit
    tolerance : None, or how unequal the two parts may be, as a share of an equal one
    scheduler : address of a Dask scheduler, '' for this machine
    workers : processes of this machine, None for one per core; 1 works in this process
    seconds : for each community
    on : day on which the communities must be valid, where the file has validities
    anew : forget what an interrupted scan has left
    """

    fields: ScanFields = field(default_factory=ScanFields)
    rules: str = "beijing-2020"
    profile: str | None = None
    over: int | None = None
    tolerance: float | None = None
    scheduler: str = ""
    workers: int | None = None
    seconds: float = 30.0
    seed: int = 0
    on: datetime.date | None = None
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """How far a scan is: communities divided of those to divide, those of them taken up from before, seconds left."""

    done: int
    total: int
    resumed: int
    left_s: float | None
    name: str
    outcome: Outcome


@dataclass(frozen=True)
class _World:
    """All that was read."""

    communities: list[Community]
    table: UnitTable | None
    notes: list[str]
    own_households: list[bool]


def scan(
    out: Path,
    communities: Path,
    *,
    units: Path | None = None,
    compounds: Path | None = None,
    complaints: Path | None = None,
    options: Options | None = None,
    progress: Callable[[Step], None] | None = None,
) -> Scan:
    """Try every community and write the result beside ``out`` as CSV, workbook, GeoPackage and page.

    Raises
    ------
    Invalid : a file, field or option that cannot be used
    ScanRunning : another scan writes to ``out``
    WorkersUnavailable : the scheduler or the worker processes cannot be reached; run again to go on
    """
    options = options or Options()
    if options.seconds <= 0 or (options.workers is not None and options.workers < 1):
        raise ScanError("--seconds 要大于 0，--workers 要不小于 1：请修改后再试。")
    if units is not None and _worker_count(options, 2):
        expect_processes()
    inputs = [path for path in (communities, units, compounds, complaints) if path is not None]
    results.outputs_of(out, inputs=[file_and_layer(path)[0] for path in inputs])
    rules = read_rules(options.rules)
    limits = limits_of(rules, over=options.over, tolerance=options.tolerance)
    read_profiles().profile(options.profile)
    store.check_named(options.fields, inputs)
    found, _, notes = store.read_communities(communities, options.fields, on=options.on)
    large = [c for c in found if c.households is None or _is_large(c, limits, rules)]
    # They load the solver while the units are being read.
    with processes(_worker_count(options, len(large)) if units is not None else 0) as lanes:
        world = _read(found, notes, units, compounds, complaints, fields=options.fields)
        return _divide_and_write(out, world, options, rules=rules, limits=limits, lanes=lanes, progress=progress)


def _divide_and_write(
    out: Path,
    world: _World,
    options: Options,
    *,
    rules: Rules,
    limits: Limits,
    lanes: list[Lane],
    progress: Callable[[Step], None] | None,
) -> Scan:
    chosen = [
        at for at, c in enumerate(world.communities) if c.households is not None and _is_large(c, limits, rules)
    ]  # fmt: skip
    with results.work_file(out, anew=options.anew) as work:
        divided = _Divided(world, limits, options, lanes)
        with closing(divided.outcomes(chosen if world.table else [], work, progress)) as outcomes:
            for outcome in outcomes:
                work.append(outcome)
        found = _result(world, divided, rules=rules, limits=limits)
        parts = _parts(world, found, rules=rules)
        results.write_all(found, out, parts=parts, page=page.page_of(found, parts, notes=results.notes_of(found)))
    return found


def _is_large(community: Community, limits: Limits, rules: Rules) -> bool:
    return size_of(community.households or 0, community.people, limits=limits, rules=rules) == "over"


def _worker_count(options: Options, most: int) -> int:
    """Processes to start; 0 where the work is done in this one, or by a scheduler."""
    count = 0 if options.scheduler else min(options.workers or _cores(), most)
    return count if count > 1 else 0


def _read(
    found: list[Community],
    notes: list[str],
    units: Path | None,
    compounds: Path | None,
    complaints: Path | None,
    *,
    fields: ScanFields,
) -> _World:
    own = [community.households is not None for community in found]
    table = None
    details: list[Details] = []
    if units is not None:
        table, told, more = store.read_unit_table(units, found, fields)
        details, notes = [told], notes + more
    else:
        notes.append(NO_UNITS)
    if compounds is not None:
        told, more = store.read_compounds(compounds, found, fields)
        # Units are the finer source for people; compounds are what managers are registered for.
        details, notes = [*details, told], notes + more
    if complaints is not None:
        told, more = store.read_complaints(complaints, found, fields)
        details, notes = [*details, told], notes + more
    for told in details:
        found = with_details(found, told)
    return _World(found, table, notes, own)


class _Divided:
    """The divisions of the communities that were chosen: what was prepared, and what came of it."""

    def __init__(self, world: _World, limits: Limits, options: Options, lanes: list[Lane]) -> None:
        self.world, self.limits, self.options, self.lanes = world, limits, options, lanes
        self.prepared: dict[str, Prepared] = {}
        self.outcome: dict[str, Outcome] = {}

    def outcomes(
        self, chosen: Sequence[int], work: results.WorkFile, progress: Callable[[Step], None] | None
    ) -> Generator[Outcome, None, None]:
        """New outcomes as they are done; those that ``work`` knows already are taken up without being done again."""
        total, begun, resumed = len(chosen), time.monotonic(), 0
        name_of = {community.key: community.name for community in self.world.communities}

        def tasks() -> Iterator[Task]:
            nonlocal resumed
            for at in chosen:
                task = self.prepare(at)
                if task is None:
                    continue
                known = work.known.get(task.fingerprint)
                if known is None:
                    yield task
                else:
                    self.outcome[task.key] = known
                    resumed += 1

        with closing(self.run(tasks())) as running:
            for new, outcome in enumerate(running, 1):
                self.outcome[outcome.key] = outcome
                yield outcome
                if progress is not None:
                    done = self.settled()
                    left_s = (time.monotonic() - begun) / new * max(total - done, 0)
                    progress(Step(done, total, resumed, left_s, name_of[outcome.key], outcome))

    def settled(self) -> int:
        """Communities that are done with: divided, or met and without a task."""
        return len(self.outcome) + sum(1 for prepared in self.prepared.values() if prepared.task is None)

    def prepare(self, at: int) -> Task | None:
        """The task of one community, None when there is none; keeps what its units come to."""
        community, table = self.world.communities[at], self.world.table
        assert table is not None
        options = self.options
        prepared = prepare(
            community, at, table, limits=self.limits, profile=options.profile, seed=options.seed,
            seconds=options.seconds,
        )  # fmt: skip
        self.prepared[community.key] = prepared
        return prepared.task

    def run(self, tasks: Iterator[Task]) -> Generator[Outcome, None, None]:
        """Work the tasks off where the options say; nothing is started when nothing is to be done."""
        first = next(tasks, None)
        if first is None:
            return

        def every() -> Iterator[Task]:
            yield first
            yield from tasks

        if self.options.scheduler:
            from geoapp.splitting.scanning.clients import on_dask

            yield from on_dask(every(), address=self.options.scheduler)
        elif self.lanes:
            yield from in_processes(every(), lanes=self.lanes)
        else:
            yield from in_one_process(every())


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _result(world: _World, divided: _Divided, *, rules: Rules, limits: Limits) -> Scan:
    thresholds = store.read_thresholds()
    hardships = judge(world.communities, [c.households for c in world.communities], thresholds=thresholds)
    rows = [
        row_of(
            community, hardship, divided.prepared.get(community.key), divided.outcome.get(community.key),
            limits=limits, rules=rules, from_units=not own and community.households is not None,
            no_units="" if world.table else NO_UNITS,
        )
        for community, hardship, own in zip(world.communities, hardships, world.own_households, strict=True)
    ]  # fmt: skip
    why = (
        (TITLES["manager"], thresholds.unmanaged_share.reason),
        (TITLES["over60"], thresholds.over60_share.reason),
        (TITLES["complaints"], thresholds.complaints_rank.reason),
        (TITLES["pieces"], thresholds.pieces.reason),
    )
    return Scan(ranked(rows), rules, limits, why, tuple(world.notes))


def _parts(world: _World, found: Scan, *, rules: Rules) -> Any:
    """The proposed parts as a GeoDataFrame, None where there is none."""
    import geopandas as gpd

    table = world.table
    at = {community.key: position for position, community in enumerate(world.communities)}
    records: list[dict[str, Any]] = []
    for row in found.rows:
        if table is None or row.outcome is None or row.outcome.part_of is None:
            continue
        polygons = only_polygons(table.polygons[table.home == at[row.community.key]])
        part_of = np.array(row.outcome.part_of)
        for part, households in enumerate(row.outcome.part_households, 1):
            staffing = row.staffing_after[part - 1]
            records.append({
                "rank": row.rank, "code": row.community.code, "name": row.community.name, "part": part,
                "households": households, "staff_min": staffing.least, "staff_max": staffing.most,
                "estimated": row.estimated, "status": row.status,
                "geometry": _union(polygons[part_of == part]),
            })  # fmt: skip
    return gpd.GeoDataFrame(records, crs=4326) if records else None


def _union(polygons: Any) -> Any:
    """One shape of units that tile; five times as fast as the general union, which takes over where they do not."""
    joined = shapely.coverage_union_all(polygons)
    return joined if shapely.is_valid(joined) else shapely.union_all(polygons)


def summary_of(found: Scan) -> dict[str, Any]:
    """What came out, in numbers."""
    rows = found.rows
    return {
        "communities": len(rows),
        "verdicts": dict(Counter(row.verdict for row in rows)),
        "statuses": dict(Counter(row.status for row in rows)),
        "staff_shortfall": sum((row.staffing.short or 0) for row in rows if row.staffing),
        "notes": list(found.notes),
    }
