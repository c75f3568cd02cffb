"""The process in which photographs are developed: spawned, kept warm, with limits, and no way to anything else.

A decoder meets what strangers send. It runs apart: no database, no settings, no keys in its environment; it cannot
write a file; it ends when it needs more than 300 MB or five seconds of a processor, and costs one picture. What it
gives back is looked at before it is believed.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from geoapp.errors import GeoappError, NoAnswer, Unavailable
from geoapp.reports.photos.containers import webp
from geoapp.reports.photos.header import BrokenPhoto
from geoapp.reports.photos.painting import Shape, parse_shapes, shapes_json

#: Memory of the process, seconds of processor for one picture, seconds by the clock.
MEMORY_BYTES, CPU_S, WALL_S = 300 << 20, 5, 5.0
#: After so many pictures a new process takes over: what one of them may have done to it does not last.
_MOST_PICTURES = 100
_MOST_ANSWER = 64 << 20
#: Less than this share of its time on a processor: the machine is busy, the picture is not to blame and gets more.
_BUSY_SHARE, _MOST_ROUNDS = 0.5, 3


class TooHeavy(NoAnswer):
    """Developing it takes more time or memory than a photograph may."""


class DarkroomBusy(Unavailable):
    """The machine had no time for it; it may be tried again."""


@dataclass(frozen=True, slots=True)
class Developed:
    """WebP by longest side; what it took."""

    sizes: dict[int, bytes]
    cpu_s: float
    #: The most memory that the process had meanwhile.
    peak_bytes: int


class Darkroom:
    """One warm process; pictures of several threads queue before it."""

    def __init__(self, *, wall_s: float = WALL_S, cpu_s: int = CPU_S, memory_bytes: int = MEMORY_BYTES) -> None:
        self._wall_s, self._cpu_s, self._memory_bytes = wall_s, cpu_s, memory_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._pictures = 0
        self._lock = threading.Lock()

    def __del__(self) -> None:
        # Whoever had it has ended, such as a thread: nobody else could end the process.
        with suppress(Exception):
            self._end()

    @property
    def pid(self) -> int | None:
        """Number of the warm process, None when there is none."""
        return self._process.pid if self._process is not None else None

    def develop(self, data: bytes, shapes: Sequence[Shape] = ()) -> Developed:
        """Develop a photograph; see `developing.develop`.

        Raises
        ------
        BrokenPhoto : the decoder could not read it
        TooHeavy : it needs too much time or memory, or ended the process
        DarkroomBusy : the machine had no time for it
        """
        with self._lock:
            answer = self._ask({"bytes": len(data), "shapes": shapes_json(shapes)}, data)
            self._pictures += 1
            if self._pictures >= _MOST_PICTURES or "failed" in answer:
                self._end()
        if answer.get("failed") == "memory":
            raise _too_heavy()
        if "failed" in answer:
            raise BrokenPhoto("照片打不开，可能没有传完整；请重新拍一张，或换一张发送。")
        sizes = answer["sizes"]
        for size, made in sizes.items():
            _require_plain(made, size)
        return Developed(sizes, answer["cpu_s"], answer["peak_bytes"])

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _ask(self, question: dict[str, Any], data: bytes) -> dict[str, Any]:
        process = self._warm()
        watch = _Watch(process, self._wall_s)
        try:
            assert process.stdin is not None and process.stdout is not None
            _send(process.stdin, question, data)
            return _answer(process.stdout)
        except (OSError, EOFError, ValueError, struct.error, KeyError, TypeError):
            self._end()
            if watch.found_busy:
                raise DarkroomBusy("服务器正忙，照片稍后处理。") from None
            raise _too_heavy() from None
        finally:
            watch.end()

    def _warm(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR") if name in os.environ}
            limits = [str(self._memory_bytes), str(self._cpu_s)]
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "geoapp.reports.photos.darkroom", *limits],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Arenas of threads reserve address space by the 64 MB.
                env={**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "MALLOC_ARENA_MAX": "1"},
                close_fds=True,
            )
            self._pictures = 0
            # Its start (a tenth of a second of processor) is not the first picture's.
            assert self._process.stdout is not None
            try:
                _exactly(self._process.stdout, 1)
            except (OSError, EOFError):
                self._end()
                raise DarkroomBusy("照片处理进程启动不了；请管理员检查安装是否完整、内存是否够用。") from None
        assert self._process is not None
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait(timeout=10)


class _Watch:
    """Ends a process that takes too long. Killing it ends its pipe, and with it the reading: on every system.

    A picture that did not get a processor for half of the time is given more of it, three times as much at most.
    """

    def __init__(self, process: subprocess.Popen[bytes], wall_s: float) -> None:
        self.found_busy = False
        self._process, self._wall_s = process, wall_s
        self._done = threading.Event()
        self._used = _cpu_s(process.pid)
        self._thread = threading.Thread(target=self._watch, name="geoapp-darkroom", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """The answer is there."""
        self._done.set()

    def _watch(self) -> None:
        for round_ in range(1, _MOST_ROUNDS + 1):
            if self._done.wait(self._wall_s):
                return
            used = _cpu_s(self._process.pid)
            busy = used is not None and self._used is not None
            busy = busy and used - self._used < _BUSY_SHARE * round_ * self._wall_s  # type: ignore[operator]
            if not busy:
                break
            self.found_busy = round_ == _MOST_ROUNDS
        self._process.kill()


def _too_heavy() -> TooHeavy:
    return TooHeavy("照片太大或文件异常，处理不了；请在相机设置里改用普通分辨率后重拍，或发送截图。")


def _require_plain(made: bytes, size: int) -> None:
    """Nothing but one picture that is not too large; a process that was taken over could give anything."""
    plain = webp.begins(made) and len(made) == 8 + int.from_bytes(made[4:8], "little")
    if not plain or [name for name, _ in webp.chunks(made)] != [b"VP8 "]:
        raise _too_heavy()
    header = webp.header(made)
    if max(header.width, header.height) > size:
        raise _too_heavy()


def _cpu_s(pid: int) -> float | None:
    """Seconds that a process has had a processor; None where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def _send(pipe: IO[bytes], question: dict[str, Any], data: bytes) -> None:
    head = json.dumps(question).encode()
    pipe.write(struct.pack(">I", len(head)) + head)
    pipe.write(data)
    pipe.flush()


def _answer(pipe: IO[bytes]) -> dict[str, Any]:
    length = struct.unpack(">I", _exactly(pipe, 4))[0]
    if length > 1 << 16:
        raise ValueError("no answer is as long")
    head = json.loads(_exactly(pipe, length))
    if "failed" in head:
        return {"failed": str(head["failed"])}
    lengths = {int(size): int(n) for size, n in head["sizes"]}
    if sum(lengths.values()) > _MOST_ANSWER:
        raise ValueError("no picture is as large")
    sizes = {size: _exactly(pipe, n) for size, n in lengths.items()}
    return {"sizes": sizes, "cpu_s": float(head["cpu_s"]), "peak_bytes": int(head["peak_bytes"])}


def _exactly(pipe: IO[bytes], n: int) -> bytes:
    found = pipe.read(n)
    if len(found) != n:
        raise EOFError
    return found


# What follows runs in the process itself.


def main(memory_bytes: int, cpu_s: int) -> None:
    """Answer one picture after the other until the pipe ends."""
    import signal

    from geoapp.reports.photos.developing import develop

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What a decoder prints goes nowhere, and not in between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    questions = sys.stdin.buffer
    _load_decoders()
    _stand_back()
    _limit_memory(memory_bytes)
    answers.write(b"\0")
    answers.flush()
    while True:
        try:
            head = json.loads(_exactly(questions, struct.unpack(">I", _exactly(questions, 4))[0]))
            data = _exactly(questions, head["bytes"])
        except EOFError:
            return
        before = _limit_cpu(cpu_s)
        _forget_peak()
        try:
            sizes = develop(data, parse_shapes(head["shapes"]))
            told: dict[str, Any] = {"sizes": [(size, len(made)) for size, made in sizes.items()]}
            told |= {"cpu_s": _used_cpu_s() - before, "peak_bytes": _peak_bytes()}
        except MemoryError:
            told, sizes = {"failed": "memory"}, {}
        except GeoappError:
            told, sizes = {"failed": "broken"}, {}
        except Exception as error:  # whatever a decoder raises means that it could not read the picture
            told, sizes = {"failed": "memory" if "llocat" in str(error) else "broken"}, {}
        _send(answers, told, b"".join(sizes.values()))


def _stand_back() -> None:
    """Those who wait for an answer come first: nobody waits for a picture's sizes."""
    with suppress(AttributeError, OSError):  # Windows has no such thing
        os.nice(5)


def _load_decoders() -> None:
    import pillow_heif
    from PIL import Image

    # Sizes are judged by `header.require_decodable`, of which this knows nothing.
    Image.MAX_IMAGE_PIXELS = None
    pillow_heif.libheif_version()


def _limit_memory(memory_bytes: int) -> None:
    """300 MB of memory: less address space than that beside what program and libraries occupy in it by themselves."""
    try:
        import resource
    except ImportError:  # Windows: the seconds remain
        return
    occupied = 0
    with suppress(OSError, ValueError, IndexError):
        total, resident = Path("/proc/self/statm").read_text().split()[:2]
        occupied = (int(total) - int(resident)) * os.sysconf("SC_PAGE_SIZE")
    limit = memory_bytes + occupied
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _limit_cpu(cpu_s: int) -> float:
    """So many more seconds from now on; gives what was used before."""
    used = _used_cpu_s()
    with suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used) + 1 + cpu_s, hard))
    return used


def _used_cpu_s() -> float:
    times = os.times()
    return times.user + times.system


def _forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    """Not from getrusage: there a process inherits the peak of the one that started it."""
    with suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))
    return 0


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
