"""What a report holds of people: declared with purpose, readers and term, as everything personal is."""

from __future__ import annotations

from geoapp.accounts.privacy import Also, Holding, PersonalField, declare, declare_holding

#: Contact data go this many days after a case was closed; ``terms.toml`` says the number that is in force.
CONTACT_DAYS = 30
#: Originals of photographs go this many days after they came, where an installation or a subdistrict sets no other.
ORIGINAL_DAYS = 30
#: Who ticked which point off, and what was written there, go this many days after.
VISIT_DAYS = 400

_CLOSED, _CAME, _CASE = "结案后", "收到后（街道可另设）", "与案件同存；反映人可随时收回"
_WORKERS = frozenset({Also.ASSIGNED, Also.LINK, Also.RECEIPT, Also.EXPORT, Also.SELF})
_CONTACTS = "geoapp.reports.contacts.actions"
_ORIGINALS = "geoapp.reports.photos.tasks:forget_originals"

WORDS = declare(
    PersonalField(
        "report.words", "反映和办理中写下的话", "办理反映的问题", "reports.inside", None, _CASE,
        also=_WORKERS | {Also.RELEASED},
    )
)  # fmt: skip
ADDRESS = declare(
    PersonalField(
        "report.address", "反映地点", "找到反映的问题", "reports.inside", None, _CASE, also=_WORKERS | {Also.RELEASED}
    )
)
CONTACT = declare(
    PersonalField(
        "report.contact", "联系方式（姓名、电话、邮箱、住址）", "核实情况和回访", "reports.contact", CONTACT_DAYS,
        _CLOSED, f"{_CONTACTS}:forget_expired", frozenset({Also.LEAD, Also.EXPORT, Also.SELF}),
    )
)  # fmt: skip
#: A hash of address and device: nobody reads it.
MARK = declare(
    PersonalField(
        "report.mark", "反映人设备的标记（散列值）", "一人反映很多时不挤占别人；我也遇到只算一次", "", CONTACT_DAYS,
        _CLOSED, f"{_CONTACTS}:forget_marks",
    )
)  # fmt: skip
ORIGINAL = declare(
    PersonalField(
        "photo.original",
        "照片原件",
        "核实情况，打码后重新生成图片",
        "photos.original",
        ORIGINAL_DAYS,
        _CAME,
        _ORIGINALS,
    )
)
PLACE = declare(
    PersonalField(
        "photo.place", "照片的拍摄位置", "找到反映的问题", "reports.inside", ORIGINAL_DAYS, _CAME, _ORIGINALS,
        frozenset({Also.SELF, Also.EXPORT}),
    )
)  # fmt: skip
PATROL = declare(
    PersonalField(
        "patrol.words", "巡访时写的话", "掌握巡访情况", "patrols.walk", VISIT_DAYS, "写下后",
        "geoapp.reports.patrols.actions:forget_visits", frozenset({Also.SELF, Also.EXPORT}),
    )
)  # fmt: skip

OWN = declare_holding(Holding("reports", "geoapp.reports.own.actions:export", "geoapp.reports.own.actions:erase"))
PATROLS = declare_holding(
    Holding("patrols", "geoapp.reports.patrols.actions:export", "geoapp.reports.patrols.actions:erase")
)
