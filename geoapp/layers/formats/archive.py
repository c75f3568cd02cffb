"""Zip archives: unpacked only when they are harmless, and never outside the folder meant for them."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath

from geoapp.layers.formats.source import MustChoose, Unreadable

MOST_FILES = 10_000
MOST_BYTES = 4 << 30
#: Below this size an archive is unpacked whatever its ratio; above it, text and maps shrink to a tenth, not to a 150th.
_SMALL_BYTES, _MOST_RATIO = 64 << 20, 150
#: What can be imported from inside an archive.
SUFFIXES = {
    ".shp", ".tab", ".mif", ".gpkg", ".geojson", ".json", ".geojsonl", ".kml", ".fgb", ".gml", ".gpx", ".osm", ".pbf",
    ".csv", ".txt", ".tsv", ".xlsx", ".dxf",
}  # fmt: skip


def check_archive(path: Path) -> list[zipfile.ZipInfo]:
    """The members of an archive that may be unpacked; Unreadable for one that lies, bursts or climbs out."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Unreadable(
            "压缩包 %(file)s 打不开，可能已损坏或没有下载完整；请重新打包后再导入。", file=path.name
        ) from None
    if len(members) > MOST_FILES:
        raise Unreadable(
            "压缩包 %(file)s 里有 %(n)s 个文件，超过 %(most)s 个；请只打包要导入的数据。",
            file=path.name,
            n=len(members),
            most=MOST_FILES,
        )
    for member in members:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in name.parts[0] if name.parts else True:
            raise Unreadable("压缩包 %(file)s 里有指向包外的路径，已拒绝；请用可信的软件重新打包。", file=path.name)
        if member.flag_bits & 1:
            raise Unreadable("压缩包 %(file)s 有密码；请解密后重新打包。", file=path.name)
    total = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    if total > MOST_BYTES or (total > _SMALL_BYTES and total / packed > _MOST_RATIO):
        raise Unreadable(
            "压缩包 %(file)s 展开后有 %(n)s MiB，与它的大小不相称，已拒绝；请只打包要导入的数据。",
            file=path.name,
            n=total >> 20,
        )
    return members


def unpack(path: Path, folder: Path) -> None:
    """Unpack a harmless archive; sizes are counted as they come, for a header may lie."""
    members = check_archive(path)
    with zipfile.ZipFile(path) as archive:
        for member in members:
            target = folder / _name(member)
            if member.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with archive.open(member) as stream, target.open("wb") as out:
                    written = 0
                    while chunk := stream.read(1 << 20):
                        written += len(chunk)
                        if written > member.file_size:
                            raise zipfile.BadZipFile
                        out.write(chunk)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
                raise Unreadable(
                    "压缩包 %(file)s 已损坏（%(member)s 解不开）；请重新打包后再导入。",
                    file=path.name,
                    member=target.name,
                ) from None


def pick(path: Path, folder: Path, wanted: str) -> tuple[Path, str]:
    """The one data file of an unpacked archive and what remains of ``wanted``, which names a file or a layer in it."""
    databases = sorted(member for member in folder.rglob("*") if member.is_dir() and member.suffix.lower() == ".gdb")
    inside = {member for database in databases for member in database.rglob("*")}
    found = databases + sorted(
        member
        for member in folder.rglob("*")
        if member.is_file()
        and member.suffix.lower() in SUFFIXES
        and member not in inside
        and not member.name.startswith((".", "__MACOSX"))
        and "__MACOSX" not in member.parts
    )
    if not found:
        raise Unreadable(
            "压缩包 %(file)s 里没有可导入的文件（%(suffixes)s）；请核对打包内容。",
            file=path.name,
            suffixes="、".join(sorted(SUFFIXES)),
        )
    if len(found) == 1:
        return found[0], "" if wanted in {found[0].stem, found[0].name} else wanted
    for member in found:
        if wanted in {member.stem, member.name, member.relative_to(folder).as_posix()}:
            return member, ""
    names = "、".join(member.stem for member in found[:20])
    raise MustChoose(
        "压缩包 %(file)s 里有 %(n)s 个数据文件（%(names)s）；请用 --sublayer 指明其一。",
        file=path.name,
        n=len(found),
        names=names,
    )


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name; without the UTF-8 mark Chinese systems mean GBK where the standard says code page 437."""
    name = member.filename.replace("\\", "/")
    if member.flag_bits & 0x800 or name.isascii():
        return name
    try:
        return name.encode("cp437").decode("gb18030")
    except UnicodeError:
        return name
