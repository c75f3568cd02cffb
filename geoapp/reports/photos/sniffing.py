"""What a file is, by its content alone: neither its name nor its declared type is ever asked.

A file is a picture when it *begins* as one; what hides behind (an archive, a film, a page) is never read, and never
served, because what is served is drawn anew.
"""

from __future__ import annotations

from geoapp.reports.photos.containers import heic, jpeg, png, webp
from geoapp.reports.photos.header import MOST_BYTES, Header, PhotoTooLarge, broken, not_a_photo, require_decodable


def sniff(data: bytes) -> Header:
    """Kind, size and EXIF block of a picture, without decoding it.

    Raises
    ------
    NotAPhoto : it does not begin as JPEG, HEIC, PNG or WebP
    BrokenPhoto, MovingPicture, TooManyPixels, PhotoTooLarge : it does, and cannot be taken
    """
    if not data:
        raise broken()
    if len(data) > MOST_BYTES:
        raise PhotoTooLarge(
            "照片文件超过 %(most)s MiB 的上限；请在相机设置里改用普通画质后重拍。", most=MOST_BYTES >> 20
        )
    return require_decodable(_header(data))


def _header(data: bytes) -> Header:
    if data.startswith(jpeg.START):
        return jpeg.header(data)
    if data.startswith(png.START):
        return png.header(data)
    if webp.begins(data):
        return webp.header(data)
    if heic.begins(data):
        return heic.header(data)
    raise not_a_photo()
