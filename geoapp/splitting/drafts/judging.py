"""What is said of how good a plan is: proved, bounded, or changed by hand."""

from __future__ import annotations

from geoapp.splitting.drafts.comparison import Proof
from geoapp.splitting.request import DivisionResult

PROVED = "已验证：在下列条件下，没有代价更低的界线"
UNPROVED = "目前最好，尚未证明"
#: Method of plans that are there because they differ, not because they are cheapest.
SPARE = "family"


def proof_of(result: DivisionResult, conditions: list[str]) -> Proof:
    """The words for a solver's answer."""
    if result.status == "optimal":
        said = list(conditions)
        if result.certificate is None:
            said.append("由整数规划算法验证，没有可单独核对的核验文件")
        return Proof(True, PROVED, tuple(said), 0.0)
    gap = result.gap
    if result.method == SPARE:
        return Proof(False, f"备选方案，不是代价最低的{_above_best(result)}", tuple(conditions), gap)
    if gap is None or gap >= 1.0:
        return Proof(False, f"{UNPROVED}；与最好值的差距未知", tuple(conditions))
    return Proof(False, f"{UNPROVED}；与最好值相差不超过{_percent(gap)}", tuple(conditions), gap)


def proof_by_hand(cost: int, base_name: str, base_cost: int) -> Proof:
    """The words for a plan that was changed by hand, beside the one that it was made from."""
    if cost == base_cost:
        return Proof(False, f"人工调整稿，未验证；界线代价与{base_name}相同", ())
    if not base_cost:
        return Proof(False, "人工调整稿，未验证", ())
    times = cost / base_cost
    if times >= 2:
        return Proof(False, f"人工调整稿，未验证；界线代价是{base_name}的 {times:.1f} 倍", ())
    way = "高" if times > 1 else "低"
    return Proof(False, f"人工调整稿，未验证；界线代价比{base_name}{way}{_percent(abs(times - 1))}", ())


def _above_best(result: DivisionResult) -> str:
    """How much dearer than the best a plan's border is; empty where the best is not known or costs nothing."""
    if not result.objective or not result.bound:
        return ""
    times = result.objective / result.bound
    return f"，界线代价是最好值的 {times:.1f} 倍" if times >= 2 else f"，界线代价比最好值高{_percent(times - 1)}"


def _percent(share: float) -> str:
    """One digit below ten per cent, whole above; never nought for what is not nought."""
    percent = share * 100
    if percent < 0.1:
        return "0.1%"
    return f"{percent:.1f}%" if percent < 10 else f"{percent:.0f}%"
