"""What is typed for a scan -> typed values, and what a scan says on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from geoapp.splitting.scanning.actions import Step
from geoapp.splitting.scanning.division import STATUSES
from geoapp.splitting.scanning.fields import ScanFieldError, ScanFields
from geoapp.splitting.scanning.ranking import VERDICTS

#: Seconds between two lines of progress.
EVERY_S = 2.0


def fields_of(given: Sequence[str]) -> ScanFields:
    """``meaning=name`` pairs -> ScanFields; ScanFieldError for one that is none."""
    named = {}
    for pair in given:
        meaning, equals, name = pair.partition("=")
        if not equals or not name:
            raise ScanFieldError(f"--field {pair}：要写成 含义=字段名，例如 manager=物业。")
        named[meaning.strip()] = name.strip()
    return ScanFields(named)


def teller(say: Callable[[str], None]) -> Callable[[Step], None]:
    """A progress function that says a line now and then, and for every community that could not be worked off."""
    last = -EVERY_S

    def tell(step: Step) -> None:
        nonlocal last
        now = time.monotonic()
        troubled = step.outcome.status == "failed"
        if now - last < EVERY_S and not troubled and step.done < step.total:
            return
        last = now
        left = "" if step.left_s is None or step.done >= step.total else f"，约剩 {_span(step.left_s)}"
        resumed = f"（其中 {step.resumed} 个接着上次的）" if step.resumed else ""
        words = step.outcome.reason if troubled else STATUSES[step.outcome.status]
        say(f"{step.done}/{step.total}{resumed} {step.name}：{words}{left}")

    return tell


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} 分" if seconds >= 90 else f"{seconds:.0f} 秒"


def in_words(summary: dict[str, Any], out: Path) -> str:
    """The summary as lines."""
    verdicts = "，".join(f"{VERDICTS[key]} {count}" for key, count in summary["verdicts"].items())
    statuses = "，".join(f"{STATUSES[key]} {count}" for key, count in summary["statuses"].items() if key != "none")
    lines = [
        f"{out}：{summary['communities']} 个社区（测算）：{verdicts}；人员缺口合计 {summary['staff_shortfall']} 人。",
        *([f"划分：{statuses}。"] if statuses else []),
        *summary["notes"],
        f"旁边还有工作簿 {out.stem}.xlsx、地图 {out.stem}.gpkg 和页面 {out.stem}.html。",
    ]  # fmt: skip
    return "\n".join(lines)
