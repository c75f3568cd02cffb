"""Compiled message catalogues, made from the .po files whenever they are missing or older: no set-up step to forget."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent / "translations"


def compile_stale(folder: Path = FOLDER) -> list[Path]:
    """Compile each catalogue whose .mo is missing or older than its .po; gives those that were written.

    An installation that may not be written to keeps what it was shipped with, and speaks Chinese where that is nothing.
    """
    written = []
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.is_file() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        try:
            _compile(source, target)
        except PermissionError:
            continue
        written.append(target)
    return written


def _compile(source: Path, target: Path) -> None:
    with source.open("rb") as stream:
        catalogue = read_po(stream, locale=source.parts[-3])
    # Beside the target and then renamed: two processes that start at once never read half a file.
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".mo-")
    with os.fdopen(handle, "wb") as out:
        write_mo(out, catalogue)
    Path(name).replace(target)
