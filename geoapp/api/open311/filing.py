"""What a client sends to have a request made: one place, a service, words, and whom to call back."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from geoapp.api.open311.asking import BadParameter, given

LONGEST_DESCRIPTION = 4000
LONGEST_ADDRESS = 200
#: Personal fields with the most letters each may have (an address of e-mail: RFC 5321).
PERSONAL = {"first_name": 60, "last_name": 60, "phone": 40, "email": 254}
#: Further fields with the most letters each may have.
PLAIN = {
    "service_code": 60,
    "address_string": LONGEST_ADDRESS,
    "address_id": 60,
    "device_id": 200,
    "account_id": 200,
    "media_url": 2000,
}
_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,60})\](\[\])?")
#: A tag, a tag left open with an attribute, a comment or an instruction; "a < b 且 c > d" is none of them.
_MARKUP = re.compile(r"<(?:/?[a-zA-Z][^<>]*>|[a-zA-Z]+[\s/]+[a-zA-Z-]+\s*=|[!?])")


@dataclass(frozen=True, slots=True)
class Filing:
    """A request as it was sent; texts are empty where nothing was given."""

    service_code: str
    #: Longitude and latitude in WGS84; None where only an address was given.
    lonlat: tuple[float, float] | None
    address_string: str
    address_id: str
    description: str
    media_url: str
    device_id: str
    account_id: str
    #: email, phone, first_name, last_name: for the contact store and nowhere else.
    personal: dict[str, str] = field(repr=False)
    attributes: dict[str, list[str]] = field(default_factory=dict)


def filing(form: MultiDict[str, str]) -> Filing:
    """The request that a form holds; BadParameter names what is missing or malformed."""
    plain = {name: _short(form, name, most) for name, most in PLAIN.items()}
    personal = {name: _short(form, name, most) for name, most in PERSONAL.items()}
    if not plain["service_code"]:
        raise BadParameter(_("缺少 service_code；可用的代码见 services。"))
    lonlat = _lonlat(form)
    if lonlat is None and not plain["address_string"] and not plain["address_id"]:
        raise BadParameter(_("缺少位置；请给 lat 和 long，或 address_string，或 address_id。"))
    return Filing(
        **plain,
        lonlat=lonlat,
        description=_description(form),
        personal={name: text for name, text in personal.items() if text},
        attributes=_attributes(form),
    )


def _short(form: MultiDict[str, str], name: str, most: int) -> str:
    text = given(form, name)
    if len(text) > most:
        raise BadParameter(_("%(name)s 最多 %(most)s 个字。", name=name, most=most))
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise BadParameter(_("%(name)s 里有不能用的控制字符。", name=name))
    return text


def _description(form: MultiDict[str, str]) -> str:
    text = given(form, "description").replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > LONGEST_DESCRIPTION:
        raise BadParameter(_("%(name)s 最多 %(most)s 个字。", name="description", most=LONGEST_DESCRIPTION))
    if _MARKUP.search(text):
        raise BadParameter(_("description 只收纯文字，不收 HTML 标记。"))
    if any(ord(letter) < 32 and letter not in "\n\t" for letter in text):
        raise BadParameter(_("%(name)s 里有不能用的控制字符。", name="description"))
    return text


def _lonlat(form: MultiDict[str, str]) -> tuple[float, float] | None:
    lon, lat = (given(form, name) for name in ("long", "lat"))
    if not lon and not lat:
        return None
    if not lon or not lat:
        raise BadParameter(_("lat 和 long 要一起给。"))
    return _degrees(lon, "long", 180), _degrees(lat, "lat", 90)


def _degrees(text: str, name: str, most: int) -> float:
    try:
        value = float(text) if len(text) <= 40 and text.isascii() and "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not abs(value) <= most:  # false for not-a-number too
        raise BadParameter(_("%(name)s=%(value)s 不是 WGS84 的度数。", name=name, value=text[:40]))
    return value


def _attributes(form: MultiDict[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, values in form.lists():
        if not name.startswith("attribute"):
            continue
        match = _ATTRIBUTE.fullmatch(name)
        if match is None:
            raise BadParameter(_("%(name)s 写法不对；请用 attribute[代码]=值。", name=name[:60]))
        # An empty value is an absent one; several come as attribute[code][] or by saying it again.
        found.setdefault(match[1], []).extend(value for value in values if value.strip())
    return {code: values for code, values in found.items() if values}
