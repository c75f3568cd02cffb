"""受理编号, which people say and write, and the code behind a receipt, which is a key.

The number has eight random digits and a check digit after Damm, which finds every wrong digit and every two
neighbours exchanged. It opens nothing. The code has 128 bits and is told once; the database keeps its hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable

from geoapp.errors import Invalid

DIGITS = 9
#: Damm's quasigroup of order ten; the check digit leads back to zero.
_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
#: Letters and digits of a key that a sender may give: 22 of them carry 131 bits.
_KEY = re.compile(r"[A-Za-z0-9_-]{22,64}")
_CODE = re.compile(r"[A-Z2-7]{26}")
#: Of a receipt's page, as it is copied out of a chat.
_ADDRESS = re.compile(r"/r/([A-Za-z0-9]{26})(?![A-Za-z0-9])")


class BadNumber(Invalid):
    """What was given is no 受理编号."""


class BadKey(Invalid):
    """A sending's key that is too short to be secret."""


def new_number(randbelow: Callable[[int], int]) -> str:
    """A new number; ``randbelow`` gives a random whole number below its argument."""
    digits = f"{randbelow(10 ** (DIGITS - 1)):0{DIGITS - 1}d}"
    return digits + str(_check(digits))


def spoken(number: str) -> str:
    """The number as it is shown and said.

    Examples
    --------
    >>> spoken("572000008")
    '572-000-008'
    """
    return "-".join(number[i : i + 3] for i in range(0, DIGITS, 3))


def read_number(text: str) -> str:
    """The number that somebody wrote, with spaces, dashes or full-width digits; BadNumber says what is wrong."""
    digits = re.sub(r"[\s\-–—－.·]", "", unicodedata.normalize("NFKC", text))
    if not (len(digits) == DIGITS and digits.isascii() and digits.isdigit()):
        raise BadNumber("受理编号是 %(n)s 位数字，如 483-902-716；请查对。", n=DIGITS)
    if _check(digits) != 0:
        raise BadNumber("受理编号有一位不对，或两位写反了；请查对。")
    return digits


def code_from(key: str) -> str:
    """The receipt's code that belongs to a sending's key, so that a sending that is repeated gets the same receipt.

    Who knows the key can have the code, and nobody else: it is as secret as the key is.
    """
    if not _KEY.fullmatch(key):
        raise BadKey("发送标识不对：应为 22 到 64 个字母、数字、短横或下划线；请刷新页面后重新提交。")
    # 130 bits fill 26 letters; the first 128 of them are the digest's.
    digest = hashlib.sha256(b"geoapp receipt\n" + key.encode()).digest()[:17]
    return base64.b32encode(digest).decode()[:26]


def read_code(text: str) -> str | None:
    """A code as somebody may have typed it: small letters, spaces, 0 for O, 1 for I, 8 for B, or its page's address.

    None when it cannot be one.
    """
    copied = _ADDRESS.search(text[:300])
    letters = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", copied[1] if copied else text[:80])).upper()
    letters = letters.translate({48: 79, 49: 73, 56: 66})
    return letters if _CODE.fullmatch(letters) else None


def hashed(secret: str) -> str:
    """What is stored of a code or key; 128 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _check(digits: str) -> int:
    row = 0
    for digit in digits:
        row = int(_DAMM[row][int(digit)])
    return row
