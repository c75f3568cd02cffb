"""The original of an import as one file, also where it is a folder or came as several files side by side."""

from __future__ import annotations

import zipfile
from pathlib import Path

#: Main file -> what lies beside it under the same name and belongs to it.
_COMPANIONS = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg", ".qpj", ".sbn", ".sbx", ".shp.xml"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
}
# A fixed time, so that the same files always make the same archive and the same hash.
_TIME = (1980, 1, 1, 0, 0, 0)


def pack_original(path: Path, workspace: Path) -> Path:
    """``path`` itself when it is complete, else an archive of it and of all that belongs to it."""
    members = companions(path)
    if path.is_file() and len(members) == 1:
        return path
    packed = workspace / "original.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for member in members:
            info = zipfile.ZipInfo(member.relative_to(path.parent).as_posix(), _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            with member.open("rb") as stream, archive.open(info, "w", force_zip64=True) as out:
                while chunk := stream.read(1 << 20):
                    out.write(chunk)
    return packed


def companions(path: Path) -> list[Path]:
    """The file and those that belong to it; for a folder, all files in it."""
    if path.is_dir():
        return sorted(member for member in path.rglob("*") if member.is_file())
    wanted = _COMPANIONS.get(path.suffix.lower(), ())
    beside = [
        member
        for member in path.parent.iterdir()
        if wanted
        and member.is_file()
        and member.name[: len(path.stem)] == path.stem
        and member.name[len(path.stem) :].lower() in wanted
    ]
    return [path, *sorted(beside)]
