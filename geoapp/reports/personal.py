"""What a report holds of people: declared with purpose, readers and term, as everything personal is."""

from __future__ import annotations

from geoapp.accounts.privacy import PersonalField, declare

#: Contact data go this many days after a case was closed.
CONTACT_DAYS = 30
#: Originals of photographs go this many days after they came, where an installation or a subdistrict sets no other.
ORIGINAL_DAYS = 30

declare(PersonalField("report.words", "反映内容", "办理反映的问题", "reports.inside", None))
declare(PersonalField("report.address", "反映地点", "找到反映的问题", "reports.inside", None))
declare(
    PersonalField(
        "report.contact", "联系方式（姓名、电话、邮箱、住址）", "核实情况和回访", "reports.contact", CONTACT_DAYS
    )
)
declare(PersonalField("photo.original", "照片原件", "核实情况，打码后重新生成图片", "photos.original", ORIGINAL_DAYS))
declare(PersonalField("photo.place", "照片的拍摄位置", "找到反映的问题", "reports.inside", ORIGINAL_DAYS))
