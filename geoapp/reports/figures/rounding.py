"""What an outsider reads of counts: a multiple of three near each, so that no two answers tell of one or two reports.

To keep back counts under three is not enough where place, kind and days may be chosen at will: of two answers that
differ by one day or one kind, the difference is that day's or kind's count. So every count goes up or down to a
multiple of three, by lot, nearer ones more often (random rounding, as New Zealand's statistics office does it). The lot
hangs on which reports were counted: the same reports give the same number however they are asked for, and asking again
or with an empty day more teaches nothing; other reports draw another lot, and a difference says no more than both.
"""

from __future__ import annotations

import hashlib

from geoapp.reports.figures.rates import LEAST_PUBLIC, Tally


def rounded(count: int, lot: float) -> int:
    """A multiple of three less than three away; right on average over lots 0 <= ``lot`` < 1.

    Examples
    --------
    >>> [rounded(7, lot) for lot in (0.2, 0.4)], [rounded(8, lot) for lot in (0.4, 0.8)], rounded(6, 0.0)
    ([9, 6], [9, 6], 6)
    """
    rest = count % LEAST_PUBLIC
    return count - rest + (LEAST_PUBLIC if lot < rest / LEAST_PUBLIC else 0)


def near(count: int, what: str, seed: int) -> int:
    """The count of something rounded by the lot of those that were counted; ``seed`` is a sum over their ids."""
    return rounded(count, _lot(what, seed, count))


def blurred(tally: Tally) -> Tally:
    """The same tally with every count rounded; parts stay within their wholes."""

    def part(name: str, seed: int, most: int) -> int:
        return min(near(getattr(tally, name), name, seed), most)

    due, closed = near(tally.due, "due", tally.due_seed), near(tally.closed, "closed", tally.closed_seed)
    closed_of_due = part("closed_of_due", tally.due_seed, due)
    excluded = part("excluded", tally.closed_seed, closed)
    answered = part("answered", tally.closed_seed, closed - excluded)
    asked = {name: part(f"{name}_asked", tally.closed_seed, answered) for name in ("responded", "solved", "satisfied")}
    return Tally(
        received=near(tally.received, "received", tally.received_seed), due=due, closed_of_due=closed_of_due,
        closed_in_time=part("closed_in_time", tally.due_seed, closed_of_due), closed=closed, excluded=excluded,
        missed=part("missed", tally.closed_seed, closed - excluded), answered=answered,
        **{f"{name}_asked": whole for name, whole in asked.items()},
        **{name: part(name, tally.closed_seed, whole) for name, whole in asked.items()},
    )  # fmt: skip


def _lot(name: str, seed: int, count: int) -> float:
    """0 to 1 by what was counted; the seed is made of ids, which nobody outside reads."""
    return int.from_bytes(hashlib.sha256(f"{name} {seed} {count}".encode()).digest()[:6]) / 2**48
