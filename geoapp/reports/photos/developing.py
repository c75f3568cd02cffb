"""From the bytes that somebody sent to the sizes that others see: decoded, turned upright, drawn anew.

What is shown has passed through pixels: nothing of the file gets across, neither EXIF nor what hides behind its end.
This is the work of one process with limits (`geoapp.reports.photos.darkroom`); decoders are where pictures attack.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageDraw
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from geoapp.reports.photos import exif
from geoapp.reports.photos.header import Header, broken
from geoapp.reports.photos.painting import Shape
from geoapp.reports.photos.photo import SIZES
from geoapp.reports.photos.sniffing import sniff

#: Close enough to the largest size: a JPEG that can be decoded at half its size to this is not decoded whole.
_NEARLY = 1900
_QUALITIES = (80, 76, 84)
#: Between the encoder's 0 and 6: a step up costs a third more time and saves a fiftieth of the bytes.
_METHOD = 2
_MOST_PROFILE = 4 << 20
_BAND_ROWS = 256
#: Cells along the longer side of a painted spot, and by how much they differ from its mean: for the eye alone.
_CELLS, _CONTRAST = 6, 14

#: EXIF orientation -> how to turn upright.
_TURNS: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def develop(data: bytes, shapes: Sequence[Shape] = ()) -> dict[int, bytes]:
    """WebP of each of `SIZES`, upright, in sRGB, painted over; smaller pictures are not enlarged.

    Raises
    ------
    BrokenPhoto and the other errors of `sniffing.sniff`, or whatever the decoder raises
    """
    header = sniff(data)
    picture = _flat(_fitted(_OPEN[header.kind](data, header), SIZES[0]))
    orientation = 1 if header.kind == "heic" else exif.read(header.tiff).orientation
    if orientation in _TURNS:
        picture = picture.transpose(_TURNS[orientation])
    for shape in shapes:
        paint(picture, shape)
    made = {}
    for size in SIZES:
        # The smaller from the larger: what was painted over is in none of them.
        picture = _fitted(picture, size)
        made[size] = _encoded(picture, other_than=data)
    return made


def _jpeg(data: bytes, _: Header) -> Image.Image:
    picture = JpegImageFile(BytesIO(data))
    longest = max(picture.size)
    if longest > _NEARLY:
        # The decoder scales by halves, and takes less time and memory the smaller it has to.
        picture.draft(None, (picture.width * _NEARLY // longest or 1, picture.height * _NEARLY // longest or 1))
    return picture


def _png(data: bytes, _: Header) -> Image.Image:
    return PngImageFile(BytesIO(data))


def _webp(data: bytes, _: Header) -> Image.Image:
    return WebPImageFile(BytesIO(data))


def _heic(data: bytes, _: Header) -> Image.Image:
    """The primary picture, already upright; a large one is shrunk band by band, for Pillow needs 4 bytes a pixel."""
    import pillow_heif

    for option in ("THUMBNAILS", "DEPTH_IMAGES", "AUX_IMAGES"):
        setattr(pillow_heif.options, option, False)
    pillow_heif.options.DECODE_THREADS = 2
    pictures = pillow_heif.open_heif(data, convert_hdr_to_8bit=True)
    found = pictures[pictures.primary_index]
    factor = max(1, max(found.size) // SIZES[0])
    pixels: Any = memoryview(found.data)
    stride, (width, height), mode = found.stride, found.size, found.mode
    made = Image.new(mode, (-(-width // factor), -(-height // factor)))
    rows = _BAND_ROWS * factor
    for top in range(0, height, rows):
        n = min(rows, height - top)
        band = Image.frombuffer(mode, (width, n), pixels[top * stride : (top + n) * stride], "raw", mode, stride, 1)
        made.paste(band.reduce(factor) if factor > 1 else band, (0, top // factor))
    profile = found.info.get("icc_profile")
    if profile:
        made.info["icc_profile"] = profile
    return made


_OPEN: dict[str, Callable[[bytes, Header], Image.Image]] = {"jpeg": _jpeg, "png": _png, "webp": _webp, "heic": _heic}


def _fitted(picture: Image.Image, size: int) -> Image.Image:
    """No side longer than ``size``; palettes and odd depths are made plain first, for they cannot be averaged."""
    if picture.mode.startswith("I") or picture.mode == "F":
        # 16 bits of grey; Pillow's own conversion would cut off what is above 255.
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif picture.mode == "1":
        picture = picture.convert("L")
    elif picture.mode in {"P", "PA"} or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    picture.load()
    if max(picture.size) <= size:
        return picture
    share = size / max(picture.size)
    target = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    made = picture.resize(target, Image.Resampling.LANCZOS, reducing_gap=2.0)
    made.info = picture.info
    return made


def _flat(picture: Image.Image) -> Image.Image:
    """In sRGB, on white where it is transparent, and without anything that the file said beside its pixels."""
    profile = picture.info.get("icc_profile")
    if picture.mode in {"RGBA", "LA", "La", "RGBa"}:
        layer = picture.convert("RGBA")
        picture = Image.new("RGBA", layer.size, "white")
        picture.alpha_composite(layer)
        picture = picture.convert("RGB")
    if profile and len(profile) <= _MOST_PROFILE and picture.mode in {"RGB", "CMYK", "L"}:
        picture = _in_srgb(picture, profile)
    made = picture.convert("RGB")
    made.info = {}
    return made


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    # A profile that is broken or made for other colours: the picture is taken as it is.
    with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        source: Any = ImageCms.ImageCmsProfile(BytesIO(profile))
        target: Any = ImageCms.createProfile("sRGB")
        made = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
        return made if made is not None else picture
    return picture


def paint(picture: Image.Image, shape: Shape) -> None:
    """Cover a shape so that nothing of what was there can be found again.

    It looks like a mosaic and is none: all cells have the mean colour of the spot's surroundings, lighter and darker
    in turn. From a real mosaic of a number plate the number can be guessed.
    """
    width, height = picture.size
    spots = [(x * (width - 1), y * (height - 1)) for x, y in shape.points]
    mask = Image.new("L", picture.size)
    pen = ImageDraw.Draw(mask)
    margin = 1.0
    if shape.is_brush:
        thick = max(3.0, shape.width * max(width, height))
        margin = thick / 2 + 1
        pen.line(spots, fill=255, width=round(thick), joint="curve")
        for x, y in spots:
            pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)
    else:
        pen.polygon(spots, fill=255, outline=255)
    xs, ys = [x for x, _ in spots], [y for _, y in spots]
    left, top = max(0, int(min(xs) - margin)), max(0, int(min(ys) - margin))
    right, bottom = min(width, int(max(xs) + margin) + 1), min(height, int(max(ys) + margin) + 1)
    box = (left, top, max(left + 1, right), max(top + 1, bottom))
    picture.paste(_cells(picture.crop(box)), box[:2], mask.crop(box))


def _cells(spot: Image.Image) -> Image.Image:
    mean: Any = spot.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    side = max(1, -(-max(spot.size) // _CELLS))
    made = Image.new("RGB", spot.size, mean)
    pen = ImageDraw.Draw(made)
    for row, y in enumerate(range(0, spot.height, side)):
        for column, x in enumerate(range(0, spot.width, side)):
            shade = (-_CONTRAST, 0, _CONTRAST)[(2 * row + column + row * column) % 3]
            pen.rectangle((x, y, x + side - 1, y + side - 1), fill=tuple(min(255, max(0, c + shade)) for c in mean))
    return made


def _encoded(picture: Image.Image, *, other_than: bytes) -> bytes:
    """As WebP; never the very bytes that were sent, which an even surface could give."""
    for quality in _QUALITIES:
        out = BytesIO()
        picture.save(out, "WEBP", quality=quality, method=_METHOD)
        if out.getvalue() != other_than:
            return out.getvalue()
    raise broken()
