"""Pictures good and hostile, made by script: what phones send, and what somebody sends who means harm.

Each stands with what has to become of it: ``drawn`` (taken and developed), ``refused`` (before the answer, with the
error), or ``failed`` (taken, and the decoder gives up within its limits). `SECRETS` are planted in metadata and behind
the end; none of them may be in anything that is served.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from PIL import Image, ImageCms

SECRETS = (b"TAILSECRET", b"SERIAL-4711", b"ARTIST-NAME", b"XMP-SECRET", b"IPTC-SECRET", b"COMMENT-SECRET",
           b"THUMB-SECRET", b"<script", b"<?php", b"PK\x03\x04")  # fmt: skip

RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 160, 30), (30, 30, 200), (240, 240, 240)

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7


@dataclass(frozen=True)
class Sample:
    """One picture, and what has to become of it."""

    name: str
    data: bytes
    #: drawn, refused or failed
    fate: str
    #: Class name of the refusal.
    error: str = ""
    #: Upright size, and the colours of the corners from the top left clockwise, where they are known.
    size: tuple[int, int] = (96, 64)
    corners: tuple[tuple[int, int, int], ...] | None = (RED, GREEN, WHITE, BLUE)
    lonlat: tuple[float, float] | None = None


# ---- pixels


def scene(width: int = 96, height: int = 64, mode: str = "RGB") -> Image.Image:
    """Four quarters: red and green above, blue and white below."""
    picture = Image.new("RGB", (width, height), WHITE)
    picture.paste(RED, (0, 0, width // 2, height // 2))
    picture.paste(GREEN, (width // 2, 0, width, height // 2))
    picture.paste(BLUE, (0, height // 2, width // 2, height))
    return picture if mode == "RGB" else picture.convert(mode)


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def jpeg(picture: Image.Image | None = None, **options: Any) -> bytes:
    return saved(picture or scene(), "JPEG", **{"quality": 92, "subsampling": 0, **options})


@cache
def heic(width: int = 96, height: int = 64) -> bytes:
    import pillow_heif

    out = io.BytesIO()
    pillow_heif.from_pillow(scene(width, height)).save(out, quality=80)
    return out.getvalue()


# ---- EXIF

Value = tuple[int, Any]


def tiff(
    top: dict[int, Value],
    *,
    inner: dict[int, Value] | None = None,
    gps: dict[int, Value] | None = None,
    thumbnail: bytes = b"",
    order: str = "<",
) -> bytes:
    """A TIFF block with the directories that a camera writes."""
    blobs = [b"II*\0" if order == "<" else b"MM\0*", struct.pack(order + "I", 8)]
    at = 8
    directories = [dict(top)]
    if inner is not None:
        directories[0][0x8769] = (LONG, [0])
        directories.append(inner)
    if gps is not None:
        directories[0][0x8825] = (LONG, [0])
        directories.append(gps)
    starts = []
    for directory in directories:
        starts.append(at)
        at += _directory_size(directory)
    second = at
    if inner is not None:
        directories[0][0x8769] = (LONG, [starts[1]])
    if gps is not None:
        directories[0][0x8825] = (LONG, [starts[-1]])
    for number, directory in enumerate(directories):
        following = second if thumbnail and number == 0 else 0
        blobs.append(_directory(directory, starts[number], order, following))
    if thumbnail:
        entries: dict[int, Value] = {0x0103: (SHORT, [6]), 0x0201: (LONG, [0]), 0x0202: (LONG, [len(thumbnail)])}
        entries[0x0201] = (LONG, [second + _directory_size(entries)])
        blobs += [_directory(entries, second, order, 0), thumbnail]
    return b"".join(blobs)


_WIDTHS = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1}


def _packed(value: Value, order: str) -> tuple[int, bytes]:
    kind, content = value
    if kind in {ASCII, UNDEFINED, BYTE}:
        return len(content), bytes(content)
    if kind == RATIONAL:
        return len(content), b"".join(struct.pack(order + "II", *pair) for pair in content)
    return len(content), struct.pack(f"{order}{len(content)}{'H' if kind == SHORT else 'I'}", *content)


def _directory_size(directory: dict[int, Value]) -> int:
    outside = [len(_packed(value, "<")[1]) for value in directory.values()]
    return 2 + 12 * len(directory) + 4 + sum(size + size % 2 for size in outside if size > 4)


def _directory(directory: dict[int, Value], start: int, order: str, following: int) -> bytes:
    outside_at = start + 2 + 12 * len(directory) + 4
    entries, outside = [struct.pack(order + "H", len(directory))], []
    for tag in sorted(directory):
        count, packed = _packed(directory[tag], order)
        entries.append(struct.pack(order + "HHI", tag, directory[tag][0], count))
        if len(packed) <= 4:
            entries.append(packed.ljust(4, b"\0"))
        else:
            entries.append(struct.pack(order + "I", outside_at))
            packed += b"\0" * (len(packed) % 2)
            outside_at += len(packed)
            outside.append(packed)
    return b"".join([*entries, struct.pack(order + "I", following), *outside])


def degrees(d: int, m: int, s_hundredths: int) -> Value:
    return RATIONAL, [(d, 1), (m, 1), (s_hundredths, 100)]


#: 39°56'24.00" N, 116°27'36.00" E: 39.94, 116.46.
GPS: dict[int, Value] = {
    1: (ASCII, b"N\0"),
    2: degrees(39, 56, 2400),
    3: (ASCII, b"E\0"),
    4: degrees(116, 27, 3600),
}
HERE = (116.46, 39.94)
CAMERA: dict[int, Value] = {
    0x010F: (ASCII, b"Maker\0"),
    0x013B: (ASCII, b"ARTIST-NAME\0"),
    0x010E: (ASCII, b"<script>alert(1)</script>\0"),
}
INNER: dict[int, Value] = {
    0x9003: (ASCII, b"2026:11:18 08:30:05\0"),
    0x9011: (ASCII, b"+08:00\0"),
    0xA431: (ASCII, b"SERIAL-4711\0"),
    0x927C: (UNDEFINED, b"MakerNote SERIAL-4711 " * 20),
}


def with_exif(block: bytes, picture: bytes | None = None) -> bytes:
    """A JPEG that carries a TIFF block."""
    return with_segments(picture or jpeg(), (0xE1, b"Exif\0\0" + block))


def with_segments(picture: bytes, *segments: tuple[int, bytes]) -> bytes:
    """A JPEG with more segments after its beginning."""
    more = b"".join(bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body for marker, body in segments)
    return picture[:2] + more + picture[2:]


# ---- PNG


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, pixels: bytes, *, depth: int = 8, colour: int = 2, more: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + more + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@cache
def zeros(n: int) -> bytes:
    """``n`` zero bytes, deflated without holding them."""
    packer, out, block = zlib.compressobj(1), [], bytes(1 << 20)
    for _ in range(n >> 20):
        out.append(packer.compress(block))
    return b"".join([*out, packer.compress(bytes(n & 0xFFFFF)), packer.flush()])


def png_with(picture: Image.Image, *chunks: bytes) -> bytes:
    """A PNG with more chunks after its header."""
    data = saved(picture, "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


# ---- HEIC, box by box


def box(name: bytes, *bodies: bytes) -> bytes:
    body = b"".join(bodies)
    return struct.pack(">I", len(body) + 8) + name + body


def full(name: bytes, version: int, flags: int, *bodies: bytes) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *bodies)


def _inside(data: bytes, *path: bytes) -> bytes:
    """Content of the first box of that path; meta is a full box."""
    for name in path:
        at = 0
        while data[at + 4 : at + 8] != name:
            at += int.from_bytes(data[at : at + 4], "big")
        data = data[at + 8 : at + int.from_bytes(data[at : at + 4], "big")]
        data = data[4:] if name == b"meta" else data
    return data


@cache
def _tile(side: int) -> tuple[bytes, bytes]:
    """Decoder's configuration and coded picture of one tile."""
    import pillow_heif

    out = io.BytesIO()
    pillow_heif.from_pillow(scene(side, side)).save(out, quality=50)
    data = out.getvalue()
    properties = _inside(data, b"meta", b"iprp", b"ipco")
    return box(b"hvcC", _inside(properties, b"hvcC")), _inside(data, b"mdat")


def heic_grid(
    columns: int,
    rows: int,
    *,
    side: int = 64,
    size: tuple[int, int] | None = None,
    quarter_turns: int = 0,
    block: bytes = b"",
) -> bytes:
    """A HEIC of tiles, as phones write them; all tiles are the same coded bytes, so a huge picture is a small file."""
    configuration, coded = _tile(side)
    width, height = size or (columns * side, rows * side)
    count = columns * rows
    exif = struct.pack(">I", 6) + b"Exif\0\0" + block if block else b""
    items = [full(b"infe", 2, 0, struct.pack(">HH", 1, 0), b"grid\0")]
    items += [full(b"infe", 2, 1, struct.pack(">HH", 2 + i, 0), b"hvc1\0") for i in range(count)]
    items += [full(b"infe", 2, 1, struct.pack(">HH", 2 + count, 0), b"Exif\0")] if block else []
    properties = [
        configuration,
        full(b"ispe", 0, 0, struct.pack(">II", side, side)),
        full(b"ispe", 0, 0, struct.pack(">II", width, height)),
        box(b"irot", bytes([quarter_turns])),
    ]
    owners = struct.pack(">HB", 1, 2) + bytes([3, 0x80 | 4])
    owners += b"".join(struct.pack(">HB", 2 + i, 2) + bytes([0x80 | 1, 2]) for i in range(count))
    grid = bytes([0, 1, rows - 1, columns - 1]) + struct.pack(">II", width, height)

    def places(offset: int) -> bytes:
        rows_ = [struct.pack(">HHHHII", 1, 1, 0, 1, 0, len(grid))]
        rows_ += [struct.pack(">HHHHII", 2 + i, 0, 0, 1, offset, len(coded)) for i in range(count)]
        if block:
            rows_.append(struct.pack(">HHHHII", 2 + count, 0, 0, 1, offset + len(coded), len(exif)))
        return full(b"iloc", 1, 0, struct.pack(">HH", 0x4400, len(rows_)), *rows_)

    head = box(b"ftyp", b"heic", bytes(4), b"mif1heic")

    def meta(offset: int) -> bytes:
        references = [box(b"dimg", struct.pack(">HH", 1, count), *[struct.pack(">H", 2 + i) for i in range(count)])]
        if block:
            references.append(box(b"cdsc", struct.pack(">HHH", 2 + count, 1, 1)))
        return full(
            b"meta", 0, 0,
            full(b"hdlr", 0, 0, bytes(4), b"pict", bytes(13)),
            full(b"pitm", 0, 0, struct.pack(">H", 1)),
            full(b"iinf", 0, 0, struct.pack(">H", len(items)), *items),
            full(b"iref", 0, 0, *references),
            box(b"iprp", box(b"ipco", *properties), full(b"ipma", 0, 0, struct.pack(">I", 1 + count), owners)),
            box(b"idat", grid),
            places(offset),
        )  # fmt: skip

    offset = len(head) + len(meta(0)) + 8
    return head + meta(offset) + box(b"mdat", coded, exif)


# ---- the corpus


@cache
def good() -> list[Sample]:
    """What phones, scanners and chat programs make."""
    camera = tiff(CAMERA, inner=INNER, gps=GPS, thumbnail=jpeg(scene(32, 32)) + b"THUMB-SECRET")
    made = [
        Sample("plain.jpg", jpeg(), "drawn"),
        Sample("progressive.jpg", jpeg(progressive=True), "drawn"),
        Sample("camera.jpg", with_exif(camera), "drawn", lonlat=HERE),
        Sample("camera-other-order.jpg", with_exif(tiff({}, inner=INNER, gps=GPS, order=">")), "drawn", lonlat=HERE),
        Sample("large.jpg", jpeg(scene(2600, 1800)), "drawn", size=(2600, 1800)),
        Sample("thin.png", saved(scene(4000, 2), "PNG"), "drawn", size=(4000, 2), corners=None),
        Sample("one-pixel.png", saved(Image.new("RGB", (1, 1), RED), "PNG"), "drawn", size=(1, 1), corners=(RED,) * 4),
        Sample("grey.jpg", jpeg(scene(mode="L")), "drawn", corners=None),
        Sample("cmyk.jpg", jpeg(scene(mode="CMYK"), subsampling=-1), "drawn", corners=None),
        Sample("plain.png", saved(scene(), "PNG"), "drawn"),
        Sample("palette-alpha.png", _palette(), "drawn", corners=(RED, GREEN, (255, 255, 255), BLUE)),
        Sample("alpha.png", _alpha(), "drawn", corners=(RED, GREEN, (255, 255, 255), BLUE)),
        Sample("grey-alpha.png", saved(scene().convert("LA"), "PNG"), "drawn", corners=None),
        Sample("one-bit.png", saved(scene().convert("1"), "PNG"), "drawn", corners=None),
        Sample("grey-16-bit.png", _grey16(), "drawn", corners=((0,) * 3, (255,) * 3, (255,) * 3, (0,) * 3)),
        Sample("colour-16-bit.png", _colour16(), "drawn"),
        Sample("interlaced.png", _interlaced(), "drawn", size=(3, 3), corners=None),
        Sample("lossy.webp", saved(scene(), "WEBP", quality=95), "drawn"),
        Sample("lossless.webp", saved(scene(), "WEBP", lossless=True), "drawn"),
        Sample("camera.webp", saved(scene(), "WEBP", quality=95, exif=camera, xmp=b"XMP-SECRET"), "drawn", lonlat=HERE),
        Sample("plain.heic", heic(), "drawn"),
        Sample("tiles.heic", heic_grid(3, 2, block=camera), "drawn", size=(192, 128), lonlat=HERE),
        # Turned by a quarter against the clock: what was top right is top left. Its EXIF says so too, and counts once.
        Sample("turned.heic", heic_grid(3, 2, quarter_turns=1, block=tiff({0x0112: (SHORT, [8])})), "drawn",
               size=(128, 192), corners=(GREEN, WHITE, BLUE, RED)),
        Sample("chinese-map.jpg", with_exif(tiff({}, gps={**GPS, 0x12: (ASCII, b"GCJ-02\0")})), "drawn", lonlat=HERE),
        Sample("wide-gamut.jpg", jpeg(icc_profile=_profile()), "drawn", corners=None),
    ]  # fmt: skip
    return made + _oriented()


def _oriented() -> list[Sample]:
    """All eight orientations of EXIF: the pixels are turned so that upright they are the scene again."""
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    made = []
    for orientation, turn in undo.items():
        block = tiff({0x0112: (SHORT, [orientation])})
        picture = scene() if turn is None else scene().transpose(turn)
        made.append(Sample(f"orientation-{orientation}.jpg", with_exif(block, jpeg(picture)), "drawn"))
    turned = scene().transpose(Image.Transpose.ROTATE_90)
    block = tiff({0x0112: (SHORT, [6])})
    made.append(Sample("orientation-6.png", png_with(turned, chunk(b"eXIf", block)), "drawn"))
    made.append(Sample("orientation-6.webp", saved(turned, "WEBP", quality=95, exif=block), "drawn"))
    return made


def _palette() -> bytes:
    picture = scene().quantize(4)
    clear = picture.getpixel((95, 63))
    return saved(picture, "PNG", transparency=clear)


def _alpha() -> bytes:
    picture = scene().convert("RGBA")
    picture.paste((9, 9, 9, 0), (48, 32, 96, 64))
    return saved(picture, "PNG")


def _grey16() -> bytes:
    """Black on the left, and on the right 65535: cut off instead of divided, 256 would be white as well as 65535."""
    line = b"\0" + b"\0\0" * 48 + b"\xff\xff" * 48
    return png(96, 64, zlib.compress(line * 64), depth=16, colour=0)


def _colour16() -> bytes:
    rows = []
    for y in range(64):
        left, right = (RED, GREEN) if y < 32 else (BLUE, WHITE)
        line = [struct.pack(">3H", *(c * 257 for c in colour)) * 48 for colour in (left, right)]
        rows.append(b"\0" + b"".join(line))
    return png(96, 64, zlib.compress(b"".join(rows)), depth=16)


def _interlaced() -> bytes:
    """Adam7 of 3 x 3 black pixels: passes 1, 4, 5, 6 and 7 have pixels."""
    passes = [(1, 1), (1, 1), (2, 1), (1, 2), (3, 1)]
    raw = b"".join((b"\0" + bytes(3 * w)) * h for w, h in passes)
    head = struct.pack(">IIBBBBB", 3, 3, 8, 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def _profile() -> bytes:
    profile: Any = ImageCms.createProfile("LAB")
    return ImageCms.ImageCmsProfile(profile).tobytes()


@cache
def hostile() -> list[Sample]:
    """What means harm, or could do it."""
    return [*_no_pictures(), *_bombs(), *_broken(), *_moving(), *_stowaways(), *_lying_exif()]


def _no_pictures() -> list[Sample]:
    def not_a_photo(name: str, data: bytes, error: str = "NotAPhoto") -> Sample:
        return Sample(name, data, "refused", error)

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x.php", "<?php system($_GET[0]); ?>")
    return [
        not_a_photo("empty.jpg", b"", "BrokenPhoto"),
        not_a_photo("page.jpg", b"<!doctype html><script>alert(1)</script>"),
        not_a_photo("drawing.jpg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        not_a_photo("shell.jpg", b"<?php system($_GET[0]); ?>"),
        not_a_photo("archive.jpg", packed.getvalue()),
        not_a_photo("paper.jpg", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
        not_a_photo("tiff.jpg", saved(scene(), "TIFF")),
        not_a_photo("bitmap.jpg", saved(scene(), "BMP")),
        not_a_photo("postscript.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n"),
        not_a_photo("flash.jpg", saved(scene(), "AVIF")),
        not_a_photo("page-before-picture.jpg", b"<html>" + jpeg()),
        not_a_photo("archive-before-picture.jpg", packed.getvalue() + jpeg()),
        not_a_photo("newline-before-picture.jpg", b"\n" + jpeg()),
        not_a_photo("film.jpg", box(b"ftyp", b"isom", bytes(4), b"isommp42") + box(b"mdat", bytes(99))),
        not_a_photo("program.jpg", b"MZ\x90\0" + bytes(200)),
        not_a_photo("rotated-magic.png", b"\x89PNH\r\n\x1a\n" + bytes(100)),
        not_a_photo("riff-sound.webp", b"RIFF\x24\0\0\0WAVEfmt " + bytes(40)),
        not_a_photo("playlist.jpg", b"#EXTM3U\nfile:///etc/passwd"),
    ]


def _bombs() -> list[Sample]:
    def refused(name: str, data: bytes, error: str = "TooManyPixels") -> Sample:
        return Sample(name, data, "refused", error)

    plain = jpeg()
    frame = plain.index(b"\xff\xc0")
    huge = plain[: frame + 5] + struct.pack(">HH", 65500, 65500) + plain[frame + 9 :]
    slow = jpeg(scene(9000, 6000, "L"), progressive=True)
    start = heic()
    ispe = start.index(b"ispe")
    return [
        refused("30000x30000.png", png(30000, 30000, zeros(1 << 20))),
        refused("900-megapixels.png", png(30000, 30000, zeros(90_003_000), depth=1, colour=0)),
        refused("65500x65500.jpg", huge),
        refused("too-long.png", png(65500, 8, zlib.compress(bytes(65500 * 3 * 8 + 8)))),
        refused("largest.png", png(2**31 - 1, 2**31 - 1, b"")),
        refused("9000x7000.jpg", jpeg(Image.new("L", (9000, 7000)), quality=10)),
        refused("canvas.webp", _webp_canvas(16384, 16384)),
        refused("frame.webp", _webp_frame(16383, 16383)),
        refused("tiles.heic", heic_grid(16, 16, side=64, size=(60000, 60000))),
        refused("header.heic", start[: ispe + 8] + struct.pack(">II", 60000, 60000) + start[ispe + 16 :]),
        refused("coefficients.jpg", _progressive_header(7000, 7000)),
        # Small headers: the harm comes when they are decoded, and meets the limits of the process.
        Sample("more-pixels-than-told.png", png(96, 64, zeros(200 << 20)), "drawn", corners=None),
        Sample("profile-bomb.png", png_with(scene(), chunk(b"iCCP", b"x\0\0" + zeros(200 << 20))), "failed"),
        Sample("text-bomb.png", png_with(scene(), *[chunk(b"zTXt", b"x\0\0" + zeros(60 << 20))] * 20), "failed"),
        Sample("profile-not-a-profile.jpg", jpeg(icc_profile=b"\0" * 60000), "drawn"),
        Sample("large-profile.jpg", jpeg(icc_profile=_profile() + bytes(6 << 20)), "drawn", corners=None),
        Sample("47-megapixels-of-tiles.heic", heic_grid(15, 12, side=512), "drawn", size=(7680, 6144), corners=None),
        Sample("38-megapixels.png", large_png(), "drawn", size=(7200, 5300), corners=None),
        Sample("many-scans.jpg", _many_scans(slow), "failed", size=(9000, 6000)),
    ]  # fmt: skip


def large_png() -> bytes:
    """Just below what is taken of a PNG: 153 MB once it is decoded, 150 KB as it is sent."""
    return png(7200, 5300, zeros(7200 * 3 * 5300 + 5300))


def _webp_canvas(width: int, height: int) -> bytes:
    body = bytes([0x10, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    inner = saved(scene(), "WEBP")[12:]
    return _riff(b"VP8X" + struct.pack("<I", 10) + body + inner)


def _webp_frame(width: int, height: int) -> bytes:
    data = saved(scene(), "WEBP")
    return data[:26] + struct.pack("<HH", width, height) + data[30:]


def _riff(body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _progressive_header(width: int, height: int) -> bytes:
    data = jpeg(progressive=True)
    frame = data.index(b"\xff\xc2")
    return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]


def _many_scans(data: bytes) -> bytes:
    """A large progressive picture whose last scan comes 3,000 times: each goes over all coefficients."""
    last = data.rindex(b"\xff\xda")
    scan = data[last:-2]
    return data[:-2] + scan * min(3000, (20 << 20) // len(scan)) + b"\xff\xd9"


def _broken() -> list[Sample]:
    photo, drawing, small, tile = jpeg(scene(640, 480)), saved(scene(), "PNG"), saved(scene(), "WEBP"), heic()
    deep = photo.index(b"\xff\xda")
    return [
        Sample("cut-in-header.jpg", photo[:200], "refused", "BrokenPhoto"),
        Sample("cut-in-pixels.jpg", photo[: deep + 400], "failed", size=(640, 480)),
        Sample("cut.png", drawing[:60], "failed"),
        Sample("cut-before-pixels.png", drawing[:33], "refused", "BrokenPhoto"),
        Sample("cut.webp", small[:60], "refused", "BrokenPhoto"),
        Sample("cut.heic", tile[:-200], "failed"),
        Sample("cut-in-boxes.heic", tile[:120], "refused", "BrokenPhoto"),
        Sample("only-start.jpg", b"\xff\xd8\xff", "refused", "BrokenPhoto"),
        Sample("no-size.png", png(0, 64, b""), "refused", "BrokenPhoto"),
        Sample("odd-depth.png", png(8, 8, b"", depth=3), "refused", "BrokenPhoto"),
        Sample("noise.jpg", photo[:deep] + bytes(range(256)) * 40, "refused", "BrokenPhoto"),
        Sample("noise.png", drawing[:41] + b"\0" * 200, "failed"),
        Sample("many-chunks.png", png_with(scene(), chunk(b"teXt", b"") * 25_000), "refused", "BrokenPhoto"),
        Sample("many-segments.jpg", with_segments(photo, *[(0xFE, b"")] * 3000), "refused", "BrokenPhoto"),
        Sample("twelve-bits.jpg", _changed(photo, b"\xff\xc0", 4, 12), "refused", "BrokenPhoto"),
        Sample("arithmetic.jpg", _changed(photo, b"\xff\xc0", 1, 0xC9), "refused", "BrokenPhoto"),
        Sample("two-frames.jpg", _twice(photo, b"\xff\xc0"), "refused", "BrokenPhoto"),
        Sample("endless-box.heic", tile[:24] + b"\0\0\0\4meta", "refused", "BrokenPhoto"),
        Sample("no-size.heic", tile.replace(b"ispe", b"free"), "refused", "BrokenPhoto"),
    ]  # fmt: skip


def _changed(data: bytes, mark: bytes, after: int, value: int) -> bytes:
    at = data.index(mark) + after
    return data[:at] + bytes([value]) + data[at + 1 :]


def _twice(data: bytes, mark: bytes) -> bytes:
    at = data.index(mark)
    end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return data[:end] + data[at:end] + data[end:]


def _moving() -> list[Sample]:
    frames = [Image.new("P", (4, 4), i % 256) for i in range(3000)]
    gif = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    few = [scene(), scene().transpose(Image.Transpose.ROTATE_180)]

    def film(kind: str) -> bytes:
        return saved(few[0], kind, save_all=True, append_images=few[1:], duration=100)

    sequence = box(b"ftyp", b"hevc", bytes(4), b"msf1hevc") + box(b"moov", bytes(60)) + box(b"mdat", bytes(99))
    return [
        Sample("3000-frames.gif", gif, "refused", "NotAPhoto"),
        Sample("3000-frames.png", _long_apng(3000), "refused", "MovingPicture"),
        Sample("animated.png", film("PNG"), "refused", "MovingPicture"),
        Sample("animated.webp", film("WEBP"), "refused", "MovingPicture"),
        Sample("animated-unsaid.webp", _unsaid(film("WEBP")), "refused", "MovingPicture"),
        Sample("sequence.heic", sequence, "refused", "MovingPicture"),
    ]  # fmt: skip


def _long_apng(frames: int) -> bytes:
    pixels = zlib.compress(bytes(4))
    control = b"".join(
        chunk(b"fcTL", struct.pack(">IIIIIHHBB", 2 * i, 1, 1, 0, 0, 1, 100, 0, 0)) + chunk(b"fdAT", pixels)
        for i in range(frames)
    )
    return png(1, 1, pixels, more=chunk(b"acTL", struct.pack(">II", frames, 0)) + control)


def _unsaid(data: bytes) -> bytes:
    """The animation's flag taken away, its frames left."""
    return data[:20] + bytes([data[20] & ~2]) + data[21:]


def _stowaways() -> list[Sample]:
    """Pictures that begin as such and carry something else."""
    plain = jpeg()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("TAILSECRET.php", "<?php system($_GET[0]); ?>")
    film = box(b"ftyp", b"isom", bytes(4), b"isommp42") + box(b"mdat", b"TAILSECRET" * 50)
    motion = tiff({**CAMERA, 0x0112: (SHORT, [1])}, inner=INNER, gps=GPS)
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>XMP-SECRET GCamera:MicroVideo=1</x:xmpmeta>"
    iptc = b"Photoshop 3.0\08BIM\x04\x04\0\0" + struct.pack(">I", 16) + b"\x1c\x02\x50\0\x0bIPTC-SECRET"
    other = jpeg(scene(96, 64).transpose(Image.Transpose.ROTATE_180))
    return [
        Sample("tail.jpg", plain + b"TAILSECRET", "drawn"),
        Sample("archive-behind.jpg", plain + packed.getvalue(), "drawn"),
        Sample("page-in-comment.jpg", with_segments(plain, (0xFE, b"COMMENT-SECRET <script>alert(1)")), "drawn"),
        Sample("shell-in-comment.jpg", with_segments(plain, (0xFE, b"<?php system($_GET[0]); ?>")), "drawn"),
        Sample("motion-photo.jpg", with_segments(with_exif(motion), (0xE1, xmp)) + film, "drawn", lonlat=HERE),
        Sample("xmp.jpg", with_segments(plain, (0xE1, xmp)), "drawn"),
        Sample("iptc.jpg", with_segments(plain, (0xED, iptc)), "drawn"),
        Sample("two-pictures.jpg", _mpf(plain, other), "drawn"),
        Sample("other-thumbnail.jpg", with_exif(tiff({}, thumbnail=other + b"THUMB-SECRET")), "drawn"),
        Sample("text.png", png_with(scene(), chunk(b"tEXt", b"Comment\0COMMENT-SECRET"),
                                    chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0XMP-SECRET")), "drawn"),
        Sample("tail.png", saved(scene(), "PNG") + b"TAILSECRET" + packed.getvalue(), "drawn"),
        Sample("shell-in-palette.png", png_with(scene(), chunk(b"prVt", b"<?php system($_GET[0]); ?>")), "drawn"),
        Sample("tail.webp", saved(scene(), "WEBP", quality=95) + b"TAILSECRET" + packed.getvalue(), "drawn"),
        Sample("unknown-chunk.webp", _with_chunk(saved(scene(), "WEBP", quality=95), b"JUNK", b"TAILSECRET"), "drawn"),
        Sample("tail.heic", heic() + box(b"free", b"TAILSECRET"), "drawn"),
        Sample("tail-no-box.heic", heic() + b"\0\0\0\0TAILSECRET", "drawn"),
        Sample("our-own.webp", _our_own(), "drawn", corners=(WHITE,) * 4),
    ]  # fmt: skip


def _with_chunk(data: bytes, name: bytes, body: bytes) -> bytes:
    return _riff(data[12:] + name + struct.pack("<I", len(body)) + body)


def _our_own() -> bytes:
    """What is served of an even surface, sent back: made again it would be the very same bytes."""
    return saved(Image.new("RGB", (96, 64), WHITE), "WEBP", quality=80, method=2)


def _mpf(first: bytes, second: bytes) -> bytes:
    """Two pictures in one file (CIPA DC-007): the second is another one, the first has to be shown."""

    def entries(first_size: int, offset: int) -> bytes:
        directory: dict[int, Value] = {
            0xB000: (UNDEFINED, b"0100"),
            0xB001: (LONG, [2]),
            0xB002: (
                UNDEFINED,
                struct.pack("<IIIHH", 0x030000, first_size, 0, 0, 0)
                + struct.pack("<IIIHH", 0, len(second), offset, 0, 0),
            ),
        }
        return b"MPF\0" + tiff(directory)

    length = len(with_segments(first, (0xE2, entries(0, 0))))
    # Offsets count from the TIFF head: behind the start, marker, length and "MPF\0".
    return with_segments(first, (0xE2, entries(length, length - 10))) + second


def _lying_exif() -> list[Sample]:
    """Positions that cannot be, and directories that lead nowhere; the picture itself is sound and is shown."""

    def place(name: str, **changes: Any) -> Sample:
        gps = {**GPS, **{int(tag[1:]): value for tag, value in changes.items()}}
        return Sample(f"place-{name}.jpg", with_exif(tiff({}, gps=gps)), "drawn")

    round_and_round = bytearray(tiff({0x0112: (SHORT, [1])}, inner={}, gps={}))
    for tag in (0x8769, 0x8825):  # both lead back to the first directory
        at = round_and_round.index(struct.pack("<H", tag))
        round_and_round[at + 8 : at + 12] = struct.pack("<I", 8)
    chained = tiff({0x0112: (SHORT, [1])})
    looped = chained[:-4] + struct.pack("<I", 8)
    return [
        place("999", t2=degrees(999, 0, 0)),
        place("91", t2=degrees(91, 0, 0)),
        place("over-the-pole", t2=degrees(90, 0, 1)),
        place("181", t4=degrees(181, 0, 0)),
        place("zero-zero", t2=degrees(0, 0, 0), t4=degrees(0, 0, 0)),
        place("nan", t2=(RATIONAL, [(0, 0), (0, 0), (0, 0)])),
        place("infinite", t4=(RATIONAL, [(116, 0), (27, 1), (36, 1)])),
        place("no-side", t1=(ASCII, b"\0\0")),
        place("wrong-side", t1=(ASCII, b"E\0")),
        place("script-side", t3=(ASCII, b"<script>alert(1)</script>\0")),
        place("minutes-70", t2=degrees(39, 70, 0)),
        place("as-text", t2=(ASCII, b"39.94\0")),
        place("too-many", t2=(RATIONAL, [(39, 1)] * 4000)),
        place("largest", t2=(RATIONAL, [(2**32 - 1, 1)] * 3)),
        Sample("exif-in-circles.jpg", with_exif(bytes(round_and_round)), "drawn"),
        Sample("exif-chain-in-circles.jpg", with_exif(looped), "drawn"),
        Sample("exif-65535-tags.jpg", with_exif(b"II*\0\x08\0\0\0\xff\xff" + bytes(60000)), "drawn"),
        Sample("exif-far-away.jpg", with_exif(b"II*\0\xff\xff\xff\xff"), "drawn"),
        Sample("exif-huge-count.jpg", with_exif(_huge_count()), "drawn"),
        Sample("exif-cut.jpg", with_exif(tiff(CAMERA, inner=INNER, gps=GPS)[:40]), "drawn"),
        Sample("exif-no-tiff.jpg", with_exif(b"<script>alert(1)</script>"), "drawn"),
        Sample("exif-orientation-9.jpg", with_exif(tiff({0x0112: (SHORT, [9])})), "drawn"),
        Sample("exif-orientation-text.jpg", with_exif(tiff({0x0112: (ASCII, b"<script>\0")})), "drawn"),
        Sample("exif-twice.jpg", with_exif(chained, with_exif(tiff({0x0112: (SHORT, [6])}))), "drawn"),
    ]  # fmt: skip


def _huge_count() -> bytes:
    """An entry that says of itself to have 4 thousand million values."""
    block = bytearray(tiff({0x0112: (SHORT, [1])}, gps=GPS))
    at = block.index(struct.pack("<HHI", 2, RATIONAL, 3))
    block[at + 4 : at + 8] = b"\xff\xff\xff\xff"
    return bytes(block)
