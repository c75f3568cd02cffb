"""How well cases are closed and what those who reported say: every share as n of N, and what stands outside of N.

A rate without its N is no figure. 应结案 are cases whose term ended in the period; of those, closed and closed in time.
The three rates 响应率、解决率、满意率 come from call-backs alone: whoever was not asked is shown as 未回访, what was
excluded as 剔除, and neither is counted as a yes or a no.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from geoapp.accounts.privacy import SMALLEST_SHOWN_COUNT, small_count
from geoapp.indicators import Indicator, register

#: Below this a count may tell of one person: the public reads "<3".
LEAST_PUBLIC = SMALLEST_SHOWN_COUNT

_BULLETIN = "网格化城市管理通报的算法（结案率、按期结案率的分母都是应结案数）"
_THREE_RATES = "接诉即办三率考核（北京市公开报道）；权重未公开，此处只列 n/N，不加权"

CLOSED = register(Indicator(
    "reports.closed", 1, "结案率", "closing rate", "",
    "期内到期的案件中已结案的 / 期内到期的案件（应结案）；不含已并入、已撤回、不属本辖区、挂账和隐藏的", _BULLETIN,
))  # fmt: skip
ON_TIME = register(Indicator(
    "reports.on_time", 1, "按期结案率", "closed in time", "",
    "期内到期的案件中在期限内结案的 / 期内到期的案件（应结案）", _BULLETIN,
))  # fmt: skip
RESPONDED = register(Indicator(
    "reports.responded", 1, "响应率", "response rate", "",
    "回访中说联系过的 / 回访中问到这一项的（期内结案的案件，不含剔除和未回访）", _THREE_RATES,
))  # fmt: skip
SOLVED = register(Indicator(
    "reports.solved", 1, "解决率", "solution rate", "",
    "回访中说解决了的 / 回访中问到这一项的（期内结案的案件，不含剔除和未回访）", _THREE_RATES,
))  # fmt: skip
SATISFIED = register(Indicator(
    "reports.satisfied", 1, "满意率", "satisfaction rate", "",
    "回访中说满意的 / 回访中问到这一项的（期内结案的案件，不含剔除和未回访）", _THREE_RATES,
))  # fmt: skip
CALL_RESPONSE = register(Indicator(
    "reports.call_response", 1, "吹哨响应率", "calls responded to", "",
    "期内吹哨中单位已响应的 / 期内吹哨", "街乡吹哨、部门报到：响应时间为本系统记录的首次响应",
))  # fmt: skip
CALL_ARRIVAL = register(Indicator(
    "reports.call_arrival", 1, "吹哨到场率", "calls arrived at", "",
    "期内吹哨中单位已到场的 / 期内吹哨", "街乡吹哨、部门报到：到场时间为本系统记录的到场",
))  # fmt: skip
RECEIVED = register(Indicator(
    "reports.received", 1, "受理量", "reports received", "件", "期内收到的反映，不含隐藏的", "本系统受理时间",
))  # fmt: skip
FINISHED = register(Indicator(
    "reports.finished", 1, "期内结案", "closed in the period", "件",
    "期内结案的案件，不含不属本辖区的和隐藏的", "本系统结案时间",
))  # fmt: skip
NOT_ASKED = register(Indicator(
    "reports.not_asked", 1, "未回访", "not asked", "件",
    "期内结案的案件 - 剔除 - 回访有答复的；打过没接的在内", "导入的热线回访、本系统回访和反映人在回执上的评价",
))  # fmt: skip
EXCLUDED = register(Indicator(
    "reports.excluded", 1, "剔除", "excluded", "件",
    "期内结案、回访记为剔除的案件；不计入三率的分母", "导入的热线回访、本系统回访，理由随案件保存",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Share:
    """``part`` of ``whole``; a whole of none has no share."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share 0..1; None where there is nothing to divide by."""
        return self.part / self.whole if self.whole else None

    def __str__(self) -> str:
        return f"{self.part}/{self.whole}"

    def shown(self, *, public: bool = False) -> str:
        """As it stands on a page: share and n/N; to the public nothing that tells of fewer than three.

        Examples
        --------
        >>> Share(911, 972).shown(), Share(0, 0).shown(), Share(1, 2).shown(public=True)
        ('93.72%（911/972）', '—（0/0）', '<3')
        """
        if public and self.tells_of_few:
            return f"<{LEAST_PUBLIC}"
        return f"{self.value:.2%}（{self}）" if self.value is not None else f"—（{self}）"

    @property
    def tells_of_few(self) -> bool:
        """Is one of the two groups, the part or the rest, smaller than what may be told of?"""
        return 0 < self.whole < LEAST_PUBLIC or any(0 < n < LEAST_PUBLIC for n in (self.part, self.whole - self.part))


def shown_count(count: int, *, public: bool) -> str:
    """A count as it is shown; to the public a small one is "<3".

    Examples
    --------
    >>> [shown_count(n, public=True) for n in (0, 1, 2, 3)]
    ['0', '<3', '<3', '3']
    """
    return str(small_count(count) if public else count)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one cell of a table; tallies add up."""

    received: int = 0
    #: Term ended in the period; of those closed, and closed in time.
    due: int = 0
    closed_of_due: int = 0
    closed_in_time: int = 0
    #: Closed in the period, and what became of asking those who reported.
    closed: int = 0
    excluded: int = 0
    missed: int = 0
    answered: int = 0
    responded_asked: int = 0
    responded: int = 0
    solved_asked: int = 0
    solved: int = 0
    satisfied_asked: int = 0
    satisfied: int = 0
    #: Of the reports that were received, due and closed: the same ones give the same number (`rounding`); 0 unasked.
    received_seed: int = 0
    due_seed: int = 0
    closed_seed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Tally)})

    @property
    def closing(self) -> Share:
        """结案率."""
        return Share(self.closed_of_due, self.due)

    @property
    def on_time(self) -> Share:
        """按期结案率; over what was due, not over what was closed."""
        return Share(self.closed_in_time, self.due)

    @property
    def responding(self) -> Share:
        """响应率."""
        return Share(self.responded, self.responded_asked)

    @property
    def solving(self) -> Share:
        """解决率."""
        return Share(self.solved, self.solved_asked)

    @property
    def satisfying(self) -> Share:
        """满意率."""
        return Share(self.satisfied, self.satisfied_asked)

    @property
    def not_asked(self) -> int:
        """未回访: closed and not excluded, and nobody answered (whoever was rung in vain is among them)."""
        return self.closed - self.excluded - self.answered

    def shares(self) -> Mapping[str, Share]:
        """Shares by key of their indicator."""
        return {
            CLOSED.key: self.closing, ON_TIME.key: self.on_time, RESPONDED.key: self.responding,
            SOLVED.key: self.solving, SATISFIED.key: self.satisfying,
        }  # fmt: skip
