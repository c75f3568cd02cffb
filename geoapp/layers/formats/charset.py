"""Which letters a file is written in: UTF-8, GBK/GB18030 or Big5, told by what Chinese text looks like in each."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from geoapp.layers.formats.source import MustChoose

_SAMPLE_BYTES = 64_000
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_LINE_END = re.compile(rb"[\r\n]+")
#: Below this share of plausible characters nobody should decide without looking.
_SURE = 0.6


@dataclass(frozen=True, slots=True)
class Charset:
    """A Python codec name, and how it was found."""

    encoding: str
    basis: str


def detect(sample: bytes) -> Charset:
    """Encoding of Chinese text, told from its bytes alone.

    Raises
    ------
    MustChoose : in no encoding does it look like Chinese

    Examples
    --------
    >>> detect("霞光里社区,4560".encode("gb18030")).encoding
    'gb18030'
    """
    for bom, encoding in _BOMS:
        if sample.startswith(bom):
            return Charset(encoding, "文件开头的标记（BOM）")
    if sample.isascii():
        return Charset("utf-8", "全部为 ASCII 字符")
    scores = {name: share(sample) for name, share in _SHARES.items()}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] < _SURE:
        raise MustChoose(
            "认不出文件的文字编码（UTF-8、GB18030、Big5 都不像）；请用 --encoding 指明，例如 --encoding GBK。"
        )
    return Charset(best, f"按文字内容判断（{scores[best]:.0%} 的汉字读得通）")


def detect_file(path: Path) -> Charset:
    """Encoding of a text file, from its beginning and from lines with other than ASCII letters further on."""
    sample = b""
    with path.open("rb") as stream:
        head = stream.read(4)
        if head.startswith(tuple(bom for bom, _ in _BOMS)):
            return detect(head)
        stream.seek(0)
        while len(sample) < _SAMPLE_BYTES and (chunk := stream.read(1 << 20)):
            if not chunk.isascii():
                # Not by a pattern: one long line of ASCII would be searched again from each of its letters.
                lines = [line for line in _LINE_END.split(chunk) if not line.isascii()]
                # A character may be cut in two where a chunk ends: its line is left out when there are others.
                sample += b"\n".join(line[:2000] for line in (lines[1:-1] if len(lines) > 3 else lines))[:_SAMPLE_BYTES]
    return detect(sample)


def named(encoding: str) -> Charset:
    """The encoding that a person or a file names; MustChoose when there is none of that name."""
    name = encoding.strip().lower()
    name = {"gbk": "gb18030", "gb2312": "gb18030", "936": "gb18030", "cp936": "gb18030", "65001": "utf-8"}.get(
        name, name
    )
    try:
        return Charset(codecs.lookup(name).name, "指明")
    except LookupError:
        raise MustChoose(f"没有“{encoding}”这种文字编码；请用 UTF-8、GB18030 或 Big5。") from None


def reads_well(sample: bytes, encoding: str) -> bool:
    """Does the text decode without a fault, and as Chinese where it has other than ASCII letters?"""
    if sample.isascii():
        return True
    share = _SHARES.get(encoding)
    if share is not None:
        return share(sample) >= _SURE
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def join(values: Iterable[bytes]) -> bytes:
    """Field values as one sample."""
    return b"\n".join(value for value in values if value)[:_SAMPLE_BYTES]


#: Letters with accents in words of Latin letters: Café, José.
_ACCENTS = re.compile("(?<=[A-Za-z])[\u00c0-\u024f]{1,2}|[\u00c0-\u024f]{1,2}(?=[A-Za-z])")


def _is_latin(text: str) -> bool:
    return _ACCENTS.sub("", text).isascii()


def _utf8_share(sample: bytes) -> float:
    """Share of characters beyond ASCII that are whole; a value cut off in mid-character costs one."""
    text = sample.decode("utf-8", "replace")
    others = [c for c in text if c >= "\x80"]
    share = 1.0 - sum(c == "\ufffd" for c in others) / len(others)
    if len(others) < 8 and not any("\u2e80" <= c <= "\uffef" for c in others) and not _is_latin(text):
        # Two or three GBK characters may pass for Greek in UTF-8; then let GBK win if it reads as Chinese.
        share = min(share, 0.7)
    return share


def _pairs_share(codec: str, strict: str, low: int, high: int) -> Callable[[bytes], float]:
    """Share of the Chinese characters that are among the common ones, which the old code tables list first."""

    def share(sample: bytes) -> float:
        text = sample.decode(codec, "replace")
        good = total = 0
        for character in text:
            if character < "\x80":
                continue
            total += 1
            if "\u3000" <= character <= "\u303f" or "\uff00" <= character <= "\uffef" or character in "·—“”‘’…℃㎡":
                good += character != "\ufffd"
                continue
            try:
                code = character.encode(strict)
            except UnicodeEncodeError:
                continue
            good += len(code) == 2 and low <= code[0] <= high
        # Never above a UTF-8 text that is whole: that does not happen by chance.
        return 0.99 * good / max(total, 1)

    return share


_SHARES: dict[str, Callable[[bytes], float]] = {
    "utf-8": _utf8_share,
    "gb18030": _pairs_share("gb18030", "gb2312", 0xB0, 0xD7),
    "big5": _pairs_share("big5", "big5", 0xA4, 0xC6),
}
