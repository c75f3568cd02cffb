"""A report with one photograph of 12 megapixels, eight senders at once, beside a plain write and fsync of its bytes.

    python benchmarks/photos.py                # SQLite in a temporary folder
    python benchmarks/photos.py --rounds 10 --folder /srv/test --idle
    python benchmarks/photos.py --postgres postgresql+psycopg://user@host/an_empty_database

Peer, in the same run and in turns: eight threads that write the same bytes into a new file and fsync it, and nothing
else. Ours: look at the photograph, read place and time from it, store it durably under a random name, and store report,
photograph, timeline, audit entry and job in one durable transaction; the same through the form of a running server,
which develops photographs meanwhile (``--idle``: does not). Other programs on the machine make waits longer: the load
average and the server's own seconds of processor stand beside them. Then every picture of the tests' corpus by class,
and the development of several kinds of picture in its process: seconds, processor, most memory.
"""

from __future__ import annotations

import argparse
import http.client
import io
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops

from geoapp.accounts.people import VISITOR
from geoapp.config import Settings
from geoapp.errors import GeoappError
from geoapp.objects import open_objects
from geoapp.reports.people import Sender
from geoapp.reports.photos import actions as photos
from geoapp.reports.photos.darkroom import Darkroom
from geoapp.reports.photos.looking import look
from geoapp.reports.sending.actions import new_key, submit
from geoapp.reports.sending.matter import Sending
from geoapp.schema import prepared
from tests.reports.photos import corpus

SENDERS = 8
#: As long as browsers make it: a search for it skips more than one for a single letter.
BOUNDARY = "----geoappFormBoundary7MA4YWxkTrZu0gW"


def scene(width: int, height: int) -> Image.Image:
    """Soft colours with the noise of a phone's sensor: about as many bytes a pixel as a photograph of a street."""
    rng = np.random.default_rng(20261122)
    small = Image.fromarray(rng.integers(0, 255, (height // 48, width // 48, 3), dtype=np.uint8))
    noise = Image.fromarray(rng.normal(128, 10, (height, width)).clip(0, 255).astype(np.uint8)).convert("RGB")
    return ImageChops.overlay(small.resize((width, height), Image.Resampling.BICUBIC), noise)


def jpeg(picture: Image.Image, **options: object) -> bytes:
    """As a phone saves it, with its place and time."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90, **options)
    return corpus.with_exif(corpus.tiff(corpus.CAMERA, inner=corpus.INNER, gps=corpus.GPS), out.getvalue())


def at_once(send: Callable[[int], None], each: int) -> list[float]:
    """Seconds of each sending, of eight threads that send ``each`` one after the other."""
    seconds: list[float] = []

    def sender(number: int) -> None:
        for k in range(each):
            began = time.perf_counter()
            send(number * each + k)
            seconds.append(time.perf_counter() - began)

    threads = [threading.Thread(target=sender, args=(n,)) for n in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds


def p(seconds: list[float], share: float) -> float:
    """The value below which that share of them lies."""
    return statistics.quantiles(seconds, n=100)[int(share * 100) - 1]


@contextmanager
def served(folder: Path, url: str, *, workers: int) -> Iterator[tuple[Callable[[int], None], Callable[[], float]]]:
    """A server of its own; gives what sends the form of a report with one photograph and waits for the answer, and what
    tells the seconds of processor that the server has used.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {"DATA": folder, "DATABASE_URL": url, "PORT": port, "RATE_LIMITS": 0, "JOB_WORKERS": workers}
    environ = {**os.environ, **{f"GEOAPP_{name}": str(value) for name, value in given.items()}}
    server = subprocess.Popen([sys.executable, "-m", "geoapp", "serve"], env=environ, stderr=subprocess.DEVNULL)
    data = (folder.parent / "photo.jpg").read_bytes()

    def send(number: int) -> None:
        fields = {"key": new_key(), "words": "车棚满了"}
        part = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
        head = "".join(f'{part}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
        file = f'{part}"photos"; filename="IMG_20261128.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        body = (head + file).encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("POST", "/report", body, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status in {200, 201, 303}, answer.status

    try:
        for _ in range(600):
            try:
                send(0)
                break
            except OSError:
                time.sleep(0.1)
        yield send, lambda: used_s(server.pid)
    finally:
        server.terminate()
        server.wait(timeout=30)


def used_s(pid: int) -> float:
    """Seconds of processor of a process, without its children: pictures are developed by another one."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def receiving(folder: Path, data: bytes, rounds: int, url: str, *, workers: int) -> None:
    (folder / "photo.jpg").write_bytes(data)
    # On PostgreSQL both take reports into the one database, in turns.
    prepared(Settings(data=folder / "served", database_url=url)).dispose()
    database = prepared(Settings(data=folder / ("served" if url else "var"), database_url=url, rate_limits=0))
    objects = open_objects(database.settings)
    (folder / "plain").mkdir()

    def plain(number: int) -> None:
        with (folder / "plain" / f"{time.monotonic_ns()}-{number}").open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())

    def photo_alone(number: int) -> None:
        photos.prepare(database, objects, data)

    def report(number: int) -> None:
        ready = photos.prepare(database, objects, data)
        places = (ready.position,) if ready.position else ()
        sending = Sending(words="车棚满了", positions=places, photos=1)
        submit(database, VISITOR, sending, sender=Sender(), along=photos.attaching([ready], by="sender"))

    report(0)  # imports, the rules, the places of the day
    kinds = {"plain write and fsync": plain, "look and store": photo_alone, "report with photograph": report}
    names = [*kinds, "the same through the form"]
    seconds: dict[str, list[float]] = {name: [] for name in names}
    cpu: dict[str, float] = dict.fromkeys(names, 0.0)
    with served(folder / "served", url, workers=workers) as (form, servers):
        for _ in range(rounds):
            for name, send in {**kinds, "the same through the form": form}.items():
                used = time.process_time if name in kinds else servers
                before = used()
                seconds[name] += at_once(send, 4)
                cpu[name] += used() - before
    base = seconds["plain write and fsync"]
    print(f"\n{SENDERS} senders at once, {len(base)} photographs of {len(data) / 1e6:.1f} MB each, "
          f"{'PostgreSQL' if url else 'SQLite'}, load average {os.getloadavg()[0]:.1f}\n")  # fmt: skip
    print(f"{'':26}{'p50 s':>8}{'p95 s':>8}{'p95 / peer':>12}{'processor s each':>18}")
    for name, found in seconds.items():
        ratio = p(found, 0.95) / p(base, 0.95)
        print(f"{name:26}{p(found, 0.5):8.3f}{p(found, 0.95):8.3f}{ratio:12.1f}{cpu[name] / len(found):18.4f}")
    database.dispose()


CLASSES: dict[str, Callable[[], list[corpus.Sample]]] = {
    "what phones send": corpus.good, "no pictures": corpus._no_pictures, "bombs": corpus._bombs,
    "broken": corpus._broken, "moving": corpus._moving, "stowaways": corpus._stowaways,
    "lying EXIF": corpus._lying_exif,
}  # fmt: skip


def hostile() -> None:
    """Every sample of the tests' corpus, by class: its fate, and what the worst of each cost."""
    room, day = Darkroom(), datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    room.develop(corpus.jpeg())
    heads = ("", "refused", "drawn", "failed", "look, most s", "wall, most s", "processor, most s", "memory, most MiB")
    print("\n" + f"{heads[0]:18}" + "".join(f"{head:>18}" for head in heads[1:]))
    for name, samples in CLASSES.items():
        fates, looks, walls, cpus, peaks = Counter[str](), [0.0], [0.0], [0.0], [0]
        for sample in samples():
            began = time.perf_counter()
            try:
                look(sample.data, zone=day.tzinfo, now=day)
            except GeoappError:
                fates["refused"] += 1
                continue
            finally:
                looks.append(time.perf_counter() - began)
            began = time.perf_counter()
            try:
                made = room.develop(sample.data)
                fates["drawn"] += 1
                cpus.append(made.cpu_s)
                peaks.append(made.peak_bytes)
            except GeoappError:
                fates["failed"] += 1
            walls.append(time.perf_counter() - began)
        counts = "".join(f"{fates[fate]:18}" for fate in ("refused", "drawn", "failed"))
        print(f"{name:18}{counts}{max(looks):18.3f}{max(walls):18.2f}{max(cpus):18.2f}{max(peaks) >> 20:18}")
    room.close()


def developing(photo: bytes, wide: Image.Image) -> None:
    out = io.BytesIO()
    wide.save(out, "PNG", compress_level=1)
    samples = {
        "12 MP JPEG": photo,
        "12 MP JPEG, progressive": jpeg(wide, progressive=True),
        "50 MP JPEG": jpeg(scene(8160, 6120)),
        "12 MP HEIC of tiles": corpus.heic_grid(8, 6, side=512),
        "47 MP HEIC of tiles": corpus.heic_grid(15, 12, side=512),
        "12 MP PNG": out.getvalue()
        if len(out.getvalue()) < 25 << 20
        else corpus.saved(corpus.scene(4032, 3024), "PNG"),
        "12 MP WebP": corpus.saved(wide, "WEBP", quality=80, method=0),
        "38 MP PNG, all zeros": corpus.large_png(),
    }
    room = Darkroom(wall_s=30)
    room.develop(corpus.jpeg())
    print(f"\n{'development':26}{'MB':>8}{'s':>8}{'processor s':>12}{'most memory MiB':>18}")
    for name, data in samples.items():
        runs = []
        for _ in range(3):
            began = time.perf_counter()
            made = room.develop(data)
            runs.append((time.perf_counter() - began, made.cpu_s, made.peak_bytes))
        seconds, cpu_s, peak = (statistics.median(column) for column in zip(*runs, strict=True))
        print(f"{name:26}{len(data) / 1e6:8.1f}{seconds:8.2f}{cpu_s:12.2f}{peak / 2**20:18.0f}")
    room.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="on the disk to be measured (else a temporary one)")
    parser.add_argument("--postgres", default="", help="address of an empty database")
    parser.add_argument("--idle", action="store_true", help="the server does not develop what comes in")
    arguments = parser.parse_args()
    wide = scene(4032, 3024)
    photo = jpeg(wide)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        receiving(Path(folder), photo, arguments.rounds, arguments.postgres, workers=0 if arguments.idle else 1)
    if not arguments.postgres:
        hostile()
        developing(photo, wide)


if __name__ == "__main__":
    main()
