"""Which stretch of a sentence is an address: houses, yards, units, streets."""

from __future__ import annotations

import re

_NUMBER = (
    r"(?:[甲乙丙丁戊己庚辛东西南北中A-Z]?\d{1,4}(?:[、和及-][甲乙丙丁A-Z]?\d{1,4}){0,6}|[一二三四五六七八九十]{1,3})"
)
#: A number with what it counts; 楼 alone is a storey as well (住3楼), so it needs something before it.
_HOUSE = rf"{_NUMBER}\s?(?:号院|号楼|号门|#楼?|栋|幢|座|单元|号(?!线|令|文|工单|通知)|(?<=\d)楼|门(?!口))"
_ROAD = r"[\u4e00-\u9fff]{1,9}(?:路|街|胡同|大道|巷|桥|里|苑|园|庄|村|小区|社区|家园|大厦|广场)"
_TAIL = (
    r"(?<!\s)(?:地下室|[东西南北]{1,2}[侧门边]|楼下|楼前|楼后|门口|门前|旁边?|对面|附近|院内|小区内|楼道内|大厅|地库|车库"
    r"|出入口|交叉口|路口)"
)
_RUN = re.compile(
    rf"(?:[\u4e00-\u9fffA-Za-z·]{{1,24}}\s?)?(?:{_HOUSE}\s?){{1,5}}(?:{_NUMBER}\s?(?:层|楼|室|户)\s?){{0,3}}"
    rf"(?:\d{{3,4}}(?!\d)\s?)?(?:{_TAIL})?"
)
_MARK = re.compile(rf"{_HOUSE}|{_ROAD}|{_NUMBER}(?:层|室|户)|{_TAIL}|(?:市|区|县|街道|镇|乡)$|^\d{{3,4}}$")
#: What people say before an address.
_BEFORE = re.compile(
    r"^.*(?:反映|反应|来电称|称|表示|位于|地址[是为]?|住在?|居住在|投诉|举报|咨询|家住|发现|看到|[在于从](?=[\u4e00-\u9fff]))"
)
#: Before where somebody lives.
_HOME = re.compile(r"(?:住在?|居住[在于]?|家住在?|住址[是为:：]?)\s?$")
#: After house or unit: a floor, a room, or bare digits (3-2-501).
_ROOM = re.compile(
    r"(?<=[号楼栋幢座单元门#])\s?(?:\d{1,2}层\s?)?(?:[A-Z]?\d{3,4}|\d{1,2}(?=[室户]))\s?[室户号]?(?=$|[\s,，。(（])"
    r"|(?<=楼)-\d{1,2}-\d{3,4}(?=$|[\s,，。])"
)
_SEPARATOR = re.compile(r"[\s,;。、|]+")


def find_address(text: str) -> tuple[int, int] | None:
    """Where a sentence first names a house; None when it names none.

    Examples
    --------
    >>> find_address("市民反映绿景苑3号楼2单元电动车上楼")
    (4, 13)
    """
    found = _RUN.search(text)
    if found is None:
        return None
    before = _BEFORE.match(text[found.start() : found.end()])
    start = found.start() + (before.end() if before else 0)
    end = found.end()
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if re.search(_HOUSE, text[start:end]) else None


def matter_address(text: str) -> tuple[int, int] | None:
    """Where a sentence names the house that it is about: where the caller lives only if it names no other.

    Examples
    --------
    >>> text = "市民住霞光里5号楼3单元201，来电反映霞光里7号楼门口井盖丢失"
    >>> text[slice(*matter_address(text))]
    '霞光里7号楼门口'
    """
    first = found = find_address(text)
    while found is not None and _HOME.search(text[: found[0]]):
        behind = find_address(text[found[1] :])
        found = (found[1] + behind[0], found[1] + behind[1]) if behind else None
    return found or first


def address_end(text: str) -> int:
    """Where the address at the beginning of a line ends: the words after it that name no place are something else.

    Examples
    --------
    >>> text = "朝阳区 绿景苑 3号楼2单元 电动车上楼"
    >>> text[: address_end(text)]
    '朝阳区 绿景苑 3号楼2单元'
    """
    end = at = 0
    for gap in [*_SEPARATOR.finditer(text), None]:
        stop = gap.start() if gap else len(text)
        word = text[at:stop]
        if word and (not end or _MARK.search(word)):
            end = stop
        elif word:
            break
        at = gap.end() if gap else stop
    # One word that runs on: 绿景苑3号楼2单元电动车上楼.
    return _cut_running_on(text, end)


def without_room(address: str) -> tuple[str, str]:
    """An address down to the door of the building, and what names somebody's home in it: floor and room.

    Examples
    --------
    >>> without_room("甘露园南里甲5号楼1单元202室"), without_room("枣营北里12号楼旁")
    (('甘露园南里甲5号楼1单元', '202室'), ('枣营北里12号楼旁', ''))
    """
    found = _ROOM.search(address)
    return (address[: found.start()].rstrip(" -"), found[0].strip(" -")) if found else (address, "")


def _cut_running_on(text: str, end: int) -> int:
    found = _RUN.match(text, 0, end)
    rest = text[found.end() : end] if found else ""
    runs_on = found is not None and len(rest) >= 4 and not _MARK.search(rest) and not _SEPARATOR.search(rest)
    return found.end() if found is not None and runs_on else end
