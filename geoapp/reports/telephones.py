"""Telephone numbers as people write them: 138-0013-8000, 010 8456 1234, (021)6234 5678转801, +86 138.0013.8000."""

from __future__ import annotations

import re

from geoapp.reports.orders.spelling import spelled

_GAP = r"(?: ?- ?| )?"
_EXTENSION = r"(?: ?(?:转|分机|[Ee][Xx][Tt]\.?) ?:? ?\d{1,5}|-\d{1,5})"
#: Dots part a mobile number only where both are there: 131.12345678 is a longitude.
MOBILE = rf"(?:(?:\+|00)?86[ .-]?)?(?:1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}|1[3-9]\d\.\d{{4}}\.\d{{4}})"
#: Written in pieces, the first may not look like a year: 0412-2026-1118 is the number of an order.
LANDLINE = (
    rf"(?:(?:\(0\d{{2,3}}\)|0\d{{2,3}})[ -]?[2-9]\d{{6,7}}"
    rf"|(?:\(0\d{{2,3}}\)|0(?:10|2\d|[3-9]\d\d)){_GAP}(?!20[012]\d)[2-9]\d{{2,3}}{_GAP}\d{{4}}){_EXTENSION}?"
)
#: Eight digits alone are a telephone only where a label says so.
LOCAL = rf"[2-9]\d{{3}}{_GAP}\d{{4}}{_EXTENSION}?"
_ANYWHERE = rf"(?<![\d.]){MOBILE}(?!\d)|(?<![\d.-]){LANDLINE}(?!\d)"
ANYWHERE = re.compile(_ANYWHERE)
LABELLED = re.compile(rf"{_ANYWHERE}|(?<![\d.-]){LOCAL}(?!\d)")
_ENDS_IN = re.compile(_EXTENSION + "$")
_BETWEEN = re.compile(r"[\s().-]")
_SEVERAL = re.compile(r"[/|,、;]|或")
#: More digits than this are two numbers, unless a country stands before them.
_ONE = re.compile(r"\+\d{5,15}|\d{5,12}")
_ANY = re.compile(r"\+?\d{5,15}(?:-\d{1,6})?")


def dialled(written: str) -> str:
    """What is dialled of a telephone that was found: digits, and 转 before the extension.

    Examples
    --------
    >>> dialled("+86 138-0013-8000"), dialled("(021)6234 5678-801")
    ('13800138000', '02162345678转801')
    """
    number, extension = _parted(written)
    digits = _BETWEEN.sub("", number)
    mobile = re.fullmatch(r"(?:\+|00)?(?:86)?(1[3-9]\d{9})", digits)
    return (mobile[1] if mobile else digits) + (f"转{extension}" if extension else "")


def kept(written: str) -> str:
    """A telephone as contacts are kept, its extension behind a hyphen; empty for what is none.

    Numbers of other countries, and local ones, are taken as their digits.

    Examples
    --------
    >>> kept("０１０-8456-1234"), kept("021-62345678转801"), kept("+44 20 7946 0958"), kept("abc")
    ('01084561234', '02162345678-801', '+442079460958', '')
    """
    plain = spelled(written).text.strip()
    if LABELLED.fullmatch(plain):
        number, extension = _parted(plain)
        return _BETWEEN.sub("", number) + (f"-{extension}" if extension else "")
    bare = re.sub(r"[\s()]", "", plain)
    return bare if _ANY.fullmatch(bare) else ""


def first_kept(written: str) -> str:
    """The first telephone in what may hold several, as contacts are kept; empty where there is none.

    Examples
    --------
    >>> first_kept("021-62345678/13800138000"), first_kept("手机 138.0013.8000")
    ('02162345678', '13800138000')
    >>> first_kept("+1 (202) 555-0100"), first_kept("555-5555"), first_kept("abc")
    ('+12025550100', '5555555', '')
    """
    for one in _SEVERAL.split(spelled(written).text):
        bare = _BETWEEN.sub("", one)
        if LABELLED.fullmatch(one.strip()):
            return kept(one)
        if _ONE.fullmatch(bare):
            return bare
        if found := LABELLED.search(one):
            return kept(found[0])
    return ""


def _parted(written: str) -> tuple[str, str]:
    """Number and extension. The last four digits of 138-0013-8000 are none: nothing but a landline has one."""
    if not re.fullmatch(MOBILE, written):
        for found in _ENDS_IN.finditer(written):
            if re.fullmatch(LANDLINE, written[: found.start()]) or re.fullmatch(LOCAL, written[: found.start()]):
                return written[: found.start()], re.sub(r"\D", "", found[0])
    return written, ""
