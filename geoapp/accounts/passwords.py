"""What a password must be: long, and none of those that everybody tries first. No rules about signs."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from geoapp.errors import Invalid

SHORTEST = 10
LONGEST = 200

#: Beginnings and patterns of the passwords most often found in leaks, with the local habits (520, 1314, pinyin).
#: Compared after folding case and taking digits and marks off the end, so "Woaini1314!!" is one of them too.
_COMMON = frozenset(
    """
    password passwort passw0rd p@ssw0rd p@ssword qwerty qwertyuiop qwerty123 qazwsx qazwsxedc 1qaz2wsx 1qaz2wsx3edc
    asdfgh asdfghjkl zxcvbn zxcvbnm letmein welcome admin administrator root test guest user login master monkey
    dragon iloveyou sunshine princess football baseball superman batman trustno abcabc abcdef abcdefg abcdefgh
    abcdefghij abc123 a123456 aa123456 woaini woaini1314 woaini520 wodemima mima nihao beijing zhongguo chaoyang
    shequ wangge jiedao xiaguangli liangma maizidian geoapp changeme default secret
    """.split()  # noqa: SIM905
)


class WeakPassword(Invalid):
    """The password cannot be taken; the message says why and what to choose."""


def require_strong(password: str, *, names: tuple[str, ...] = ()) -> None:
    """WeakPassword for one that is short, common, a run, a repetition, or the person's own name or login."""
    folded = unicodedata.normalize("NFKC", password).casefold()
    if len(password) < SHORTEST:
        raise WeakPassword("密码至少 %(least)s 个字符；可以用几个不相干的词连起来。", least=SHORTEST)
    if len(password) > LONGEST:
        raise WeakPassword("密码最长 %(most)s 个字符。", most=LONGEST)
    core = folded.rstrip("0123456789!@#$%^&*._-+=?~ ")
    if not core or core in _COMMON or folded in _COMMON:
        raise WeakPassword("这个密码太常见，容易被猜到；请用几个不相干的词连起来。")
    if len(set(folded)) < 5 or _is_run(folded) or _is_repetition(folded):
        raise WeakPassword("密码是重复或连续的字符；请用几个不相干的词连起来。")
    if any(len(name) > 2 and name.casefold() in folded and len(folded) - len(name) < 6 for name in names):
        raise WeakPassword("密码里只有您的名字或账号；请换一个。")


def _is_run(text: str) -> bool:
    steps = {ord(b) - ord(a) for a, b in pairwise(text)}
    return steps in ({1}, {-1})


def _is_repetition(text: str) -> bool:
    return any(text == (text[:n] * len(text))[: len(text)] for n in range(1, 4))
