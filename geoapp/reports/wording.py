"""What stages, events and outcomes are called: to officials, and in the plain words of residents (never 超期)."""

from __future__ import annotations

#: Chinese, English.
STAGE_WORDS: dict[str, tuple[str, str]] = {
    "collect": ("待签收", "received"),
    "file": ("已立案，待派单", "filed"),
    "dispatch": ("已派单，待签收", "dispatched"),
    "handle": ("办理中", "being handled"),
    "feedback": ("已反馈，待核查", "answered, to be checked"),
    "verify": ("已核查，待结案", "checked"),
    "evaluate": ("已结案", "closed"),
    "hung": ("挂账", "on hold"),
    "merged": ("已合并", "merged"),
    "withdrawn": ("已撤回", "withdrawn"),
}
EVENT_WORDS: dict[str, tuple[str, str]] = {
    "send": ("反映", "reported"),
    "file": ("立案", "filed"),
    "accept": ("签收", "accepted"),
    "assign": ("派单", "assigned"),
    "classify": ("分类", "sorted"),
    "relocate": ("改位置", "moved"),
    "note": ("备注", "note"),
    "return": ("退单", "returned"),
    "hand_back": ("承办单位退单", "handed back"),
    "redispatch": ("改派", "re-dispatched"),
    "refuse": ("不予立案", "not taken up"),
    "answer": ("反馈", "answered"),
    "ask_extension": ("申请延期", "asked for time"),
    "ask_hang": ("申请挂账", "asked to hold"),
    "extend": ("同意延期", "extended"),
    "hang": ("同意挂账", "put on hold"),
    "decline": ("不同意", "declined"),
    "resume": ("恢复办理", "resumed"),
    "call": ("吹哨", "called in"),
    "respond": ("响应", "responded"),
    "arrive": ("到场", "arrived"),
    "rework": ("退回重办", "to be redone"),
    "verify": ("核查通过", "checked"),
    "close": ("结案", "closed"),
    "reopen": ("重新办理", "reopened"),
    "not_mended": ("没修好", "not mended"),
    "satisfied": ("评价", "judged"),
    "add": ("补充", "added"),
    "withdraw": ("撤回", "withdrawn"),
    "take_back": ("收回个人信息", "took personal data back"),
    "join": ("我也遇到", "me too"),
    "follow": ("关注", "followed"),
    "remind": ("提醒", "reminded"),
    "raise": ("提级", "escalated"),
    "expire": ("清除联系方式", "contact data erased"),
    "merge": ("合并", "merged"),
    "unmerge": ("撤销合并", "taken apart"),
    "release": ("审核公开", "released"),
    "hold": ("收回公开", "held back"),
    "redact": ("遮挡处理", "redacted"),
    "hide": ("隐藏", "hidden"),
    "unhide": ("恢复显示", "shown again"),
    "photo": ("照片", "photograph"),
    "contact_read": ("查看联系方式", "contact read"),
    "undo": ("撤销批量操作", "bulk action undone"),
}
#: What a button says in English, where the timeline says what was done; Chinese needs one word for both.
ACTS: dict[str, str] = {
    "file": "File", "accept": "Accept", "assign": "Assign", "classify": "Sort into a kind",
    "relocate": "Correct the place", "note": "Note", "return": "Return to the level above",
    "hand_back": "Hand back to the office",
    "redispatch": "Re-dispatch", "refuse": "Do not take up", "answer": "Answer", "ask_extension": "Ask for more time",
    "ask_hang": "Ask to put on hold", "resume": "Resume", "call": "Call bodies in", "respond": "Respond",
    "arrive": "Arrive", "rework": "Send back to be redone", "verify": "Pass the check", "close": "Close",
    "reopen": "Reopen", "merge": "Merge", "unmerge": "Take apart", "hide": "Hide", "unhide": "Show again",
}  # fmt: skip
OUTCOME_WORDS: dict[str, tuple[str, str]] = {
    "done": ("办完了", "done"),
    "cannot": ("办不了，原因在下面", "cannot be done; the reason is below"),
    "not_ours": ("不归这里管，怎么找见下面", "not ours; see below whom to ask"),
    "no_longer_needed": ("不用办了", "no longer needed"),
}
#: What residents read; overdue, hung and escalated are all "being handled" to them.
_PLAIN: dict[str, tuple[str, str]] = {
    "received": ("收到了", "received"),
    "handling": ("办理中", "being handled"),
    "checking": ("办过了，正在看", "done, being checked"),
    "checked": ("看过了", "checked"),
    "withdrawn": ("您撤回了", "you took it back"),
    "joined": ("和别人反映的同一件事，一起办", "handled together with the same matter"),
}
_PUBLIC_STATE = {
    "collect": "received", "file": "handling", "dispatch": "handling", "handle": "handling", "hung": "handling",
    "feedback": "checking", "verify": "checked", "merged": "joined", "withdrawn": "withdrawn",
}  # fmt: skip
#: The few events that residents read of, in their words; what stands here is public.
PLAIN_EVENTS: dict[str, tuple[str, str]] = {
    "send": ("收到了", "received"),
    "accept": ("有人在办了", "somebody is working on it"),
    "answer": ("办的人回话了", "those who work on it answered"),
    "verify": ("看过了", "checked"),
    "close": ("办完了", "closed"),
    "refuse": ("有答复了", "answered"),
    "not_mended": ("您说没修好，重新办", "not mended, you said; it is taken up again"),
    "reopen": ("重新办", "taken up again"),
    "resume": ("接着办", "goes on"),
    "hang": ("需要更长时间", "takes longer"),
    "extend": ("需要更长时间", "takes longer"),
    "merge": ("和别人反映的同一件事，一起办", "handled together with the same matter"),
    "unmerge": ("单独办", "handled by itself"),
    "add": ("您补充了", "you added something"),
    "withdraw": ("您撤回了", "you took it back"),
}
NEED_WORDS = {
    "reason": "理由",
    "answer": "答复",
    "outcome": "办理结果",
    "place": "地点",
    "body": "单位或人员",
    "term": "期限",
    "until": "截止时间",
}


def public_state(stage: str, outcome: str | None) -> str:
    """What the public may know of a stage: received, handling, checking, checked, joined, withdrawn, or the outcome."""
    return (outcome or "done") if stage == "evaluate" else _PUBLIC_STATE[stage]


def resident_words(stage: str, outcome: str | None, *, english: bool = False) -> str:
    """A stage in the words of residents."""
    state = public_state(stage, outcome)
    return (OUTCOME_WORDS | _PLAIN)[state][english]


def state_words(state: str, *, english: bool = False) -> str:
    """What `public_state` gives, in the words of residents."""
    return (OUTCOME_WORDS | _PLAIN)[state][english]
