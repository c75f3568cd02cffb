"""What is served is drawn anew: upright, in three sizes, with nothing of the file that was sent but its picture."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from geoapp.reports.photos.containers import webp
from geoapp.reports.photos.darkroom import MEMORY_BYTES, Darkroom, DarkroomBusy, TooHeavy
from geoapp.reports.photos.painting import parse_shapes
from tests.reports.photos import corpus

SIZES = (2048, 640, 160)
#: All that exiftool may know of a public size.
KNOWN_TAGS = {
    "SourceFile", "ExifTool:ExifToolVersion", "File:FileName", "File:Directory", "File:FileSize", "File:FileModifyDate",
    "File:FileAccessDate", "File:FileInodeChangeDate", "File:FilePermissions", "File:FileType",
    "File:FileTypeExtension", "File:MIMEType", "RIFF:VP8Version", "RIFF:ImageWidth", "RIFF:HorizontalScale",
    "RIFF:ImageHeight", "RIFF:VerticalScale", "Composite:ImageSize", "Composite:Megapixels",
}  # fmt: skip


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def corners(picture: Image.Image) -> list[tuple[int, int, int]]:
    """From the top left clockwise, an eighth of the way in."""
    x, y = picture.width // 8, picture.height // 8
    right, bottom = picture.width - 1 - x, picture.height - 1 - y
    return [picture.getpixel(at) for at in ((x, y), (right, y), (right, bottom), (x, bottom))]  # type: ignore[misc]


def near(found: tuple[int, int, int], wanted: tuple[int, int, int], within: int = 14) -> bool:
    return all(abs(a - b) <= within for a, b in zip(found, wanted, strict=True))


def test_every_sample_meets_its_fate_within_its_limits(outcomes: dict[str, Any], capsys: Any) -> None:
    """None hangs, none kills the server; the most memory and the slowest are printed."""
    wrong = {name: (o.fate, str(o.failure)) for name, o in outcomes.items() if o.fate != o.sample.fate}
    assert wrong == {}
    most = max(outcomes.values(), key=lambda o: o.peak_bytes)
    slowest = max(outcomes.values(), key=lambda o: o.cpu_s)
    with capsys.disabled():
        print(
            f"\n  {len(outcomes)} pictures: most memory {most.peak_bytes >> 20} MiB ({most.sample.name}), "
            f"most processor of a developed one {slowest.cpu_s:.2f} s ({slowest.sample.name})"
        )
    assert most.peak_bytes <= MEMORY_BYTES


def test_orientation_and_colours_are_right(outcomes: dict[str, Any]) -> None:
    wrong = []
    for name, outcome in outcomes.items():
        if outcome.fate != "drawn" or outcome.sample.corners is None:
            continue
        for size, made in outcome.sizes.items():
            found = corners(opened(made))
            if not all(
                near(a, b, within=24 if size == 160 else 14) for a, b in zip(found, outcome.sample.corners, strict=True)
            ):
                wrong.append((name, size, found))
    assert wrong == []


def test_no_size_is_larger_than_its_name_or_than_the_picture(outcomes: dict[str, Any]) -> None:
    """A JPEG may come out a little below 2048, where the decoder halves it to nearly that."""
    for outcome in outcomes.values():
        for size, made in outcome.sizes.items():
            width, height = outcome.sample.size
            longest = max(opened(made).size)
            assert longest <= min(size, max(width, height))
            assert longest >= min(size, max(width, height)) * 0.92
            shape = opened(made).size
            if min(width, height) * longest / max(width, height) > 20:
                assert abs(shape[0] / shape[1] - width / height) < 0.06 * width / height


def test_03_what_is_served_is_never_what_was_sent(outcomes: dict[str, Any]) -> None:
    for name, outcome in outcomes.items():
        assert set(outcome.sizes) in (set(SIZES), set())
        for made in outcome.sizes.values():
            assert made != outcome.sample.data and made not in outcome.sample.data, name
            assert [chunk for chunk, _ in webp.chunks(made)] == [b"VP8 "], name
            assert len(made) == 8 + int.from_bytes(made[4:8], "little"), name


def test_04_nothing_that_was_hidden_is_in_any_size(outcomes: dict[str, Any]) -> None:
    carriers = [o for o in outcomes.values() if any(secret in o.sample.data for secret in corpus.SECRETS)]
    assert sum(outcome.fate == "drawn" for outcome in carriers) >= 20
    for outcome in carriers:
        for made in outcome.sizes.values():
            assert not [secret for secret in corpus.SECRETS if secret in made], outcome.sample.name


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="no exiftool here")
def test_04_exiftool_finds_nothing_but_kind_and_size(outcomes: dict[str, Any], tmp_path: Path) -> None:
    for number, outcome in enumerate(outcomes.values()):
        for size, made in outcome.sizes.items():
            (tmp_path / f"{number}-{size}.webp").write_bytes(made)
    # exiftool must be able to find what is in the samples, or its silence says nothing.
    (tmp_path / "sent.jpg").write_bytes(outcomes["camera.jpg"].sample.data)
    run = subprocess.run(
        ["exiftool", "-j", "-G", "-a", "-u", "-q", str(tmp_path)], capture_output=True, text=True, check=True
    )
    found = json.loads(run.stdout)
    sent = [tags for tags in found if tags["SourceFile"].endswith("sent.jpg")]
    assert "EXIF:GPSLatitude" in sent[0] and "EXIF:Artist" in sent[0]
    served = [tags for tags in found if tags not in sent]
    assert len(served) == 3 * sum(outcome.fate == "drawn" for outcome in outcomes.values())
    assert set().union(*served) - KNOWN_TAGS == set()
    assert {tags["File:FileType"] for tags in served} == {"WEBP"}


def test_the_shown_picture_is_the_main_one(outcomes: dict[str, Any]) -> None:
    """Neither the thumbnail, which shows another picture, nor the second picture of the file."""
    for name in ("other-thumbnail.jpg", "two-pictures.jpg", "motion-photo.jpg"):
        assert near(corners(opened(outcomes[name].sizes[640]))[0], (200, 30, 30)), name


# ---- painting


FACE = [{"kind": "rect", "at": [0.25, 0.25, 0.5, 0.5]}]


def painted(darkroom: Darkroom, picture: Image.Image, shapes: Any) -> dict[int, bytes]:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return darkroom.develop(out.getvalue(), parse_shapes(shapes)).sizes


def test_what_is_painted_over_is_gone_from_all_sizes(darkroom: Darkroom) -> None:
    """Two pictures that differ inside the shape alone, with the same mean there, become the very same bytes."""
    one, other = Image.new("RGB", (800, 800), "white"), Image.new("RGB", (800, 800), "white")
    one.paste((0, 0, 0), (300, 300, 400, 400))
    other.paste((0, 0, 0), (450, 420, 550, 520))
    assert painted(darkroom, one, []) != painted(darkroom, other, [])
    assert painted(darkroom, one, FACE) == painted(darkroom, other, FACE)


@pytest.mark.parametrize(
    ("shape", "inside", "outside"),
    [
        ({"kind": "rect", "at": [0.25, 0.25, 0.5, 0.5]}, (0.5, 0.5), (0.1, 0.1)),
        ({"kind": "polygon", "points": [[0, 0], [0.5, 0], [0, 0.5]]}, (0.1, 0.1), (0.6, 0.6)),
        ({"kind": "brush", "points": [[0.1, 0.5], [0.9, 0.5]], "width": 0.2}, (0.5, 0.45), (0.5, 0.8)),
        ({"kind": "brush", "points": [[0.9, 0.9]], "width": 0.1}, (0.9, 0.9), (0.8, 0.8)),
        ({"kind": "rect", "at": [0.9, 0.9, 0.5, 0.5]}, (0.97, 0.97), (0.8, 0.8)),
    ],
)
def test_a_shape_covers_what_lies_in_it_and_nothing_else(
    darkroom: Darkroom, shape: Any, inside: tuple[float, float], outside: tuple[float, float]
) -> None:
    """Black and white stripes one pixel wide are grey where they were painted over, and stripes elsewhere."""
    picture = Image.new("L", (600, 400), 0)
    for x in range(0, 600, 2):
        picture.paste(255, (x, 0, x + 1, 400))
    made = opened(painted(darkroom, picture, [shape])[2048]).convert("L")

    def contrast(at: tuple[float, float]) -> int:
        x, y = round(at[0] * 599), round(at[1] * 399)
        darkest, lightest = made.crop((x - 3, y - 3, x + 4, y + 4)).getextrema()
        return int(lightest - darkest)  # type: ignore[operator]

    assert contrast(inside) < 60
    assert contrast(outside) > 200


def test_shapes_are_fractions_of_the_upright_picture(darkroom: Darkroom) -> None:
    """Stored on its side, the red quarter is the top left one of the upright picture; painting there hides red."""
    turned = corpus.scene(960, 640).transpose(Image.Transpose.ROTATE_90)
    data = corpus.with_exif(corpus.tiff({0x0112: (corpus.SHORT, [6])}), corpus.jpeg(turned))
    shapes = parse_shapes([{"kind": "rect", "at": [0.0, 0.0, 0.5, 0.5]}])
    plain = corners(opened(darkroom.develop(data).sizes[640]))
    made = corners(opened(darkroom.develop(data, shapes).sizes[640]))
    assert near(plain[0], corpus.RED)
    assert [near(a, b) for a, b in zip(made, plain, strict=True)][1:] == [True, True, True]


# ---- the process


def test_a_picture_that_takes_too_long_costs_only_itself(outcomes: dict[str, Any]) -> None:
    """9,000 x 6,000 in 3,000 passes would take minutes; it is stopped, and the next one meets a new process."""
    assert isinstance(outcomes["many-scans.jpg"].failure, TooHeavy)
    names = list(outcomes)
    later = names[names.index("many-scans.jpg") + 1 :]
    assert sum(outcomes[name].fate == "drawn" for name in later) > 20


def test_a_picture_that_needs_too_much_memory_costs_only_itself() -> None:
    room = Darkroom(wall_s=30, memory_bytes=100 << 20)
    try:
        with pytest.raises(TooHeavy):
            room.develop(corpus.large_png())
        assert set(room.develop(corpus.jpeg()).sizes) == set(SIZES)
    finally:
        room.close()


def test_a_process_that_dies_is_replaced(darkroom: Darkroom) -> None:
    darkroom.develop(corpus.jpeg())
    before = darkroom.pid
    assert before is not None
    darkroom.develop(corpus.jpeg())
    assert darkroom.pid == before  # warm: the same one
    os.kill(before, signal.SIGKILL)
    time.sleep(0.1)
    darkroom.develop(corpus.jpeg())
    assert darkroom.pid not in {None, before}


def test_a_picture_whose_process_is_held_up_is_told_to_wait() -> None:
    """Stopped from outside it has no processor: the machine's fault, not the picture's; three rounds of it, no more."""
    room = Darkroom(wall_s=30)
    room.develop(corpus.jpeg())
    room._wall_s = 0.2
    assert room.pid is not None
    os.kill(room.pid, signal.SIGSTOP)
    with pytest.raises(DarkroomBusy):
        room.develop(corpus.jpeg())
    room._wall_s = 30
    assert set(room.develop(corpus.jpeg()).sizes) == set(SIZES)
    room.close()


def test_the_process_has_no_keys_and_cannot_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOAPP_OBJECTS_SECRET", "verysecret")
    room = Darkroom(wall_s=30)
    room.develop(corpus.jpeg())
    environment = Path(f"/proc/{room.pid}/environ").read_bytes()
    limits = Path(f"/proc/{room.pid}/limits").read_text()
    room.close()
    assert b"verysecret" not in environment and b"GEOAPP" not in environment
    assert "Max file size             0" in limits


def test_pictures_of_several_threads_are_not_mixed_up(darkroom: Darkroom) -> None:
    colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0)]
    found: dict[int, Any] = {}

    def one(number: int) -> None:
        data = corpus.jpeg(Image.new("RGB", (64, 64), colours[number]))
        found[number] = opened(darkroom.develop(data).sizes[160]).getpixel((32, 32))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(near(found[n], colours[n]) for n in range(4))
