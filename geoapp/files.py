"""Uploads, kept by content hash: the same bytes are stored once, and a name never decides where."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from geoapp.errors import Invalid, NotFound, TooLarge

CHUNK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """``sha256`` is the address; ``size`` in bytes."""

    sha256: str
    size: int


class FileStore:
    """Files under one folder, two levels deep by hash."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, stream: IO[bytes], *, limit_bytes: int | None = None) -> StoredFile:
        """Store all that ``stream`` gives; durable when it returns. TooLarge past ``limit_bytes``."""
        self.root.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(dir=self.root, prefix=".part-")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    if limit_bytes is not None and size > limit_bytes:
                        raise TooLarge(f"文件超过 {limit_bytes // CHUNK} MiB 的上限；请拆成几份再上传。")
                    digest.update(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            target = self._address(digest.hexdigest())
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(target)
            sync_folder(target.parent)
        finally:
            temporary.unlink(missing_ok=True)
        return StoredFile(digest.hexdigest(), size)

    def put_path(self, path: Path) -> StoredFile:
        """Store a copy of a file."""
        with path.open("rb") as stream:
            return self.put(stream)

    def path(self, sha256: str) -> Path:
        """Where the bytes of that hash lie; NotFound when they are not here."""
        target = self._address(sha256)
        if not target.is_file():
            raise NotFound(f"原始文件 {sha256[:12]}… 不在文件库中；请从备份恢复或重新上传。")
        return target

    def _address(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise Invalid("文件地址应为 64 位十六进制数。")
        return self.root / sha256[:2] / sha256


def sha256_of(path: Path) -> str:
    """Content hash of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Make what was renamed into a folder durable."""
    # A rename is durable only once its folder is; Windows has no such call and needs none.
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def secret_key(data: Path) -> bytes:
    """The installation's key, by which cookies, door codes and links are signed.

    A random one is made at the first call and kept beside the data, readable by its owner alone.
    """
    path = data / "secret.key"
    if not path.is_file():
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=data, prefix="secret-")
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_bytes(32))
        # A link appears whole or not at all, and never takes the place of the key of a process that was quicker.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        Path(fresh).unlink()
    return path.read_bytes()
