"""The card's figures are those of the registry of measures, on plans at random and on the demo's hard cases."""

from __future__ import annotations

import numpy as np
import pytest

from geoapp.splitting.drafts.scorecard import score_plan
from geoapp.splitting.metrics import Judge, WalkingTimes
from geoapp.splitting.store import read_rules
from tests.splitting.drafts.world import NAMES, make_ground


def test_cards_and_measures_agree_on_every_plan(rng: np.random.Generator) -> None:
    """200 plans of the world's 12 units, most of them in pieces, some with an empty part."""
    ground, rules = make_ground(), read_rules()
    graph = ground.units.graph("along-roads")
    judge = Judge(ground.units, rules, profile="along-roads")
    plans = [rng.integers(1, 3, size=12) for _ in range(199)] + [np.ones(12, dtype=np.int64)]
    for part_of in plans:
        score = score_plan(ground, graph, part_of, names=NAMES, staff_now=16, rules=rules)
        measured = judge.measures(part_of, parts=2)
        for name, values in (
            ("households", measured.households), ("households_estimated", measured.households_marked),
            ("units", measured.units), ("pieces", measured.pieces), ("staff_min", measured.staff_min),
            ("staff_max", measured.staff_max), ("load", measured.load), ("area_m2", measured.area_m2),
        ):  # fmt: skip
            assert [getattr(p, name) for p in score.parts] == pytest.approx(values.tolist()), name
        assert score.border.cost == measured.border_cost and score.border.edges == measured.cut_edges
        by_kind = {kind: metres for kind, _, metres in score.border.by_kind}
        assert by_kind == pytest.approx({kind: m for kind, m in measured.border_m.items() if m})
        assert set(score.compounds_cut) == set(measured.groups["compound"].cut)
        assert set(score.grids_cut) == set(measured.groups["grid"].cut)


def test_ways_to_one_station_agree() -> None:
    """With a single station there is nothing to choose: medians and nine tenths are the registry's."""
    ground, rules = make_ground(), read_rules()
    assert ground.stations is not None
    seconds = ground.stations.walk_s[:, :1]
    part_of = np.array([1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 2, 2])
    walking = WalkingTimes(seconds, np.ones_like(seconds, dtype=bool))
    measured = Judge(ground.units, rules, walking=walking).measures(part_of, parts=2)
    score = score_plan(ground, ground.units.graph("along-roads"), part_of, names=NAMES, staff_now=None, rules=rules)
    first = score.parts[0].walk
    assert first is not None and first.station == "霞光里服务站"
    assert (first.median_s, first.p90_s) == pytest.approx((measured.walk_median_s[0], measured.walk_p90_s[0]))
