"""What a picture says of itself at its beginning, and why one is refused before anything decodes it."""

from __future__ import annotations

from dataclasses import dataclass

from geoapp.errors import Invalid, TooLarge

#: Largest file that is taken in; the largest of today's phones stay below.
MOST_BYTES = 25 << 20
#: Longest side: panoramas and long screenshots stay below.
MOST_SIDE = 30_000
#: Most pixels by kind, in millions: what is developed within 300 MB. Decoders need 4 bytes a pixel for PNG, 16 for
#: WebP; JPEG is decoded at a fraction of its size.
MOST_MEGAPIXELS = {"jpeg": 60, "heic": 50, "png": 40, "webp": 16}


class NotAPhoto(Invalid):
    """The bytes do not begin as one of the four kinds of picture."""


class BrokenPhoto(Invalid):
    """It begins as a picture and does not go on as one."""


class MovingPicture(Invalid):
    """An animation, or a film."""


class PhotoTooLarge(TooLarge):
    """More bytes than are taken."""


class TooManyPixels(Invalid):
    """More pixels than are decoded."""


@dataclass(frozen=True, slots=True)
class Header:
    """Kind and size as stored, before it is turned upright; ``tiff`` is the EXIF block, empty when there is none."""

    kind: str
    width: int
    height: int
    tiff: bytes = b""
    #: The container itself (HEIC) turns it by a quarter; EXIF orientation then counts for nothing.
    quarter_turn: bool = False
    #: Bytes that a decoder needs beside the picture: coefficients of all scans of a progressive JPEG.
    extra_bytes: int = 0


def not_a_photo() -> NotAPhoto:
    """The refusal of what is no picture."""
    return NotAPhoto("这个文件不是照片；请选 JPEG、HEIC、PNG 或 WebP 格式的照片。")


def broken() -> BrokenPhoto:
    """The refusal of what is damaged."""
    return BrokenPhoto("照片文件不完整或已损坏；请重新拍一张，或换一张发送。")


def moving() -> MovingPicture:
    """The refusal of what moves."""
    return MovingPicture("这是动图或视频，不能当照片发送；请截一张图，或重新拍照。")


def require_decodable(header: Header) -> Header:
    """The header, if a picture of that size can be developed; TooManyPixels else."""
    if header.width < 1 or header.height < 1:
        raise broken()
    most = MOST_MEGAPIXELS[header.kind]
    pixels = header.width * header.height
    # Coefficients take the room of as many pixels of a picture that is decoded whole.
    if max(header.width, header.height) > MOST_SIDE or pixels > most * 1_000_000 or header.extra_bytes > 200 << 20:
        raise TooManyPixels(
            "照片太大（%(width)s×%(height)s 像素，最多 %(most)s 百万像素）；请在相机设置里改用普通分辨率，或发送截图。",
            width=header.width, height=header.height, most=most,
        )  # fmt: skip
    return header
