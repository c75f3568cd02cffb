"""What a notice says: to officials in their words, to residents in plain ones."""

from __future__ import annotations

from geoapp.reports.cases import Case, Event
from geoapp.reports.numbers import spoken
from geoapp.reports.wording import EVENT_WORDS, PLAIN_EVENTS, resident_words

#: Events that those who reported or joined hear of.
TOLD_TO_RESIDENTS = frozenset(
    {"accept", "answer", "close", "refuse", "merge", "unmerge", "reopen", "resume"}
)  # fmt: skip

_OFFICIAL: dict[str, tuple[str, str]] = {
    "send": ("新的反映", "a new report"),
    "return": ("下级退单", "returned from below"),
    "hand_back": ("承办单位退单", "handed back by the handler"),
    "redispatch": ("改派给您", "re-dispatched to you"),
    "raise": ("提级办理", "escalated to you"),
    "not_mended": ("居民说没修好", "not mended, says the sender"),
    "reopen": ("重新办理", "reopened"),
    "assign": ("派给您办理", "assigned to you"),
    "call": ("吹哨：请到场", "you are called in"),
    "answer": ("已反馈，请核查", "answered; please check"),
    "rework": ("退回重办", "to be redone"),
    "ask_extension": ("申请延期，请批", "asks for more time"),
    "ask_hang": ("申请挂账，请批", "asks to be put on hold"),
    "extend": ("同意延期", "more time was granted"),
    "hang": ("同意挂账", "put on hold"),
    "decline": ("申请未同意", "the wish was declined"),
    "add": ("有补充", "something was added"),
    "near": ("快到期", "due soon"),
    "overdue": ("已超期", "overdue"),
}


def told(kind: str, *, official: bool, english: bool) -> str:
    """One line of somebody's news: to whoever works on cases in her words, to residents in plain ones."""
    if official:
        return (_OFFICIAL.get(kind) or EVENT_WORDS[kind])[english]
    # What a resident has no plain word for is the office's own affair.
    return (PLAIN_EVENTS.get(kind) or PLAIN_EVENTS["accept"])[english]


def for_resident(case: Case, line: Event, answer: str | None, *, english: bool) -> tuple[str, str]:
    """Subject and body of a letter; it holds no link, so nothing can be opened by who reads it first."""
    state = resident_words(line.to_stage, case.outcome, english=english)
    number = spoken(case.number)
    if english:
        subject = f"Your report {number}: {state}"
        lines = [subject + ".", *([f"Answer: {answer}"] if answer else [])]
        lines.append("To see more, or to hear no more of it, open your receipt (the QR code that you saved).")
    else:
        subject = f"您反映的事 {number}：{state}"
        lines = [subject + "。", *([f"答复：{answer}"] if answer else [])]
        lines.append("要看详情、或者不想再收到，请打开您保存的回执（二维码）。")
    return subject, "\n\n".join(lines) + "\n"


def for_proof(case: Case, digits: str, *, english: bool) -> tuple[str, str]:
    """Subject and body of the letter that asks whether an address is hers."""
    number = spoken(case.number)
    if english:
        lines = [f"Somebody wants news of report {number} to come to this address.",
                 f"If it is you, write {digits} on your receipt. If not, do nothing: no more will come."]  # fmt: skip
        return f"{digits} is your code for report {number}", "\n\n".join(lines) + "\n"
    lines = [f"有人想用这个地址收反映 {number} 的进展。",
             f"是您的话，请把 {digits} 填到回执上。不是您的话不用管，不会再收到。"]  # fmt: skip
    return f"{digits} 是反映 {number} 的确认码", "\n\n".join(lines) + "\n"
