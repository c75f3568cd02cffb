"""What a resident's form says -> a sending; or, field by field, a sentence that says how to mend it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from geoapp.errors import GeoappError, Invalid
from geoapp.reports.people import BadContact, Contact
from geoapp.reports.placing import Position

MOST_PHOTOS = 6
MOST_WORDS = 2000
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
#: What makes one key of 128 bits.
_KEY = re.compile(r"[A-Za-z0-9_-]{22,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Given:
    """What was typed, cleaned; ``wrong`` is field -> what is wrong with it, empty when it can be sent."""

    words: str
    phone: str
    address: str
    kind: str
    matter: str
    key: str
    trap: str
    lon: str = ""
    lat: str = ""
    evidence: str = ""
    accuracy: str = ""
    positions: tuple[Position, ...] = ()
    wrong: dict[str, GeoappError] = field(default_factory=dict)


def read_sending(form: Mapping[str, str], *, photos: int, kinds: frozenset[str], placed_by_door: bool) -> Given:
    """Read a resident's form.

    Parameters
    ----------
    form : field -> text as it came
    photos : number of files that came with it
    kinds : codes that may be chosen; another one counts as not chosen
    placed_by_door : the address of the page says where; else a pin, a position or words must
    """
    words, address = _text(form, "words"), _line(form, "address")
    phone, key = _line(form, "phone"), _line(form, "key")
    position = _position(form)
    wrong: dict[str, GeoappError] = {}
    if not words and not photos:
        wrong["words"] = Invalid("写一句话，或者放一张照片。")
    elif len(words) > MOST_WORDS:
        wrong["words"] = Invalid("最多 %(n)s 个字，请写短些。", n=MOST_WORDS)
    if photos > MOST_PHOTOS:
        wrong["photos"] = Invalid("最多 %(n)s 张照片，请去掉几张。", n=MOST_PHOTOS)
    try:
        Contact(phone=phone).checked()
    except BadContact as error:
        wrong["phone"] = error
    if not placed_by_door and position is None and not address and not photos:
        wrong["address"] = Invalid("说说在哪儿：写个地址，比如哪个小区几号楼；有地图的点一下也行。")
    matter = form.get("matter", "")
    return Given(
        words=words[:MOST_WORDS],
        phone=phone,
        address=address[:200],
        kind=form.get("kind", "") if form.get("kind", "") in kinds else "",
        matter=matter if matter in {"problem", "proposal"} else "problem",
        key=key if _KEY.fullmatch(key) else "",
        trap=_line(form, "website"),
        lon=_line(form, "lon") if position else "",
        lat=_line(form, "lat") if position else "",
        evidence=position.evidence if position else "",
        accuracy=_line(form, "accuracy") if position else "",
        positions=(position,) if position else (),
        wrong=wrong,
    )


def _position(form: Mapping[str, str]) -> Position | None:
    """The pin or the phone's own position; what is no place on earth counts as not given."""
    try:
        lon, lat = float(form.get("lon", "")), float(form.get("lat", ""))
        accuracy = float(form.get("accuracy") or 0)
    except ValueError:
        return None
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        return None
    evidence = "device" if form.get("evidence") == "device" else "pin"
    known = math.isfinite(accuracy) and 0 < accuracy < 1e6
    return Position(lon, lat, evidence, "wgs84", accuracy if known else None)


def _text(form: Mapping[str, str], name: str) -> str:
    return _CONTROL.sub("", form.get(name, "").replace("\r\n", "\n")).strip()


def _line(form: Mapping[str, str], name: str) -> str:
    return " ".join(_text(form, name).split())[:300]
