"""Private objects under names of our own making: a folder of the installation, or S3 by settings, in the same code.

`geoapp.files` keeps by content what never goes; here lies what is deleted again, such as photographs. A name is made
here and says nothing: neither what somebody called the file, nor what is in it.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from geoapp.config import Settings
from geoapp.errors import Invalid, NotFound, Unavailable
from geoapp.files import sync_folder

if TYPE_CHECKING:
    from obstore.store import LocalStore, S3Store

CHUNK = 1 << 18
#: kind/first two digits/128 random bits, and for one of several a short ending.
_NAME = re.compile(r"[a-z]{1,20}/([0-9a-f]{2})/\1[0-9a-f]{30}(-[0-9a-z]{1,8})?", re.ASCII)
#: Of S3: an object that cannot be had in that time is told as not to be had now.
_CONNECT_S, _ANSWER_S, _RETRIES = "5s", "60s", 3


class NoObject(NotFound):
    """There is no object of that name, or no longer."""


class ObjectsUnreachable(Unavailable):
    """The store does not answer, refuses us, or the disk is full."""

    outside = "照片暂时不能存取；请过几分钟再试。"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as the store lists it."""

    name: str
    size: int
    changed_at: datetime


def new_name(kind: str) -> str:
    """A name that nobody can guess, such as ``originals/3f/3f…``."""
    digits = secrets.token_hex(16)
    return checked_name(f"{kind}/{digits[:2]}/{digits}")


def checked_name(name: str) -> str:
    """The name, if it is one of ours; Invalid for anything else, so that no path of another's making gets in."""
    if not is_name(name):
        raise Invalid("对象名称不合规则。")
    return name


def is_name(text: str) -> bool:
    """Is it a name of ours?"""
    return _NAME.fullmatch(text) is not None


class ObjectStore:
    """Objects of one installation; every name passes `checked_name`, what is acknowledged is durable."""

    def __init__(self, store: LocalStore | S3Store, *, root: Path | None, place: str) -> None:
        """``root``: the folder of a local store; None for one that answers for durability itself."""
        self._store, self.root, self._place = store, root, place

    def put(self, name: str, data: bytes) -> None:
        """Store an object whole or not at all; durable when this returns."""
        import obstore

        with self._told():
            if self.root is None:
                obstore.put(self._store, checked_name(name), data)
                return
            path = self.root / checked_name(name)
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True, exist_ok=True)
                sync_folder(path.parent.parent)
            # Written beside and renamed; of what the disk has of it nothing is said yet.
            obstore.put(self._store, name, data, use_multipart=False)
            with path.open("r+b") as stream:
                os.fsync(stream.fileno())
            sync_folder(path.parent)

    def get(self, name: str) -> bytes:
        """All of an object; NoObject when it is not there."""
        import obstore

        with self._told():
            return bytes(obstore.get(self._store, checked_name(name)).bytes())

    def stream(self, name: str) -> Iterator[bytes]:
        """An object in pieces; NoObject comes before the first one is asked for."""
        import obstore

        with self._told():
            found = obstore.get(self._store, checked_name(name))

        def pieces() -> Iterator[bytes]:
            with self._told():
                for piece in found.stream(min_chunk_size=CHUNK):
                    yield bytes(piece)

        return pieces()

    def has(self, name: str) -> bool:
        """Is there an object of that name?"""
        import obstore

        try:
            with self._told():
                obstore.head(self._store, checked_name(name))
        except NoObject:
            return False
        return True

    def delete(self, *names: str) -> None:
        """Delete objects; one that is not there is no fault."""
        import obstore

        for name in names:
            try:
                with self._told():
                    obstore.delete(self._store, checked_name(name))
            except NoObject:
                continue

    def listed(self, kind: str) -> Iterator[StoredObject]:
        """All objects of a kind, in no order; what is being written meanwhile may be among them."""
        import obstore

        if not re.fullmatch(r"[a-z]{1,20}", kind):
            raise Invalid("对象种类不合规则。")
        with self._told():
            for batch in obstore.list(self._store, prefix=kind):
                for meta in batch:
                    if is_name(meta["path"]):
                        yield StoredObject(meta["path"], meta["size"], meta["last_modified"])

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the store in words that name it, less addresses and keys."""
        from obstore.exceptions import BaseError

        try:
            yield
        except FileNotFoundError:
            raise NoObject("原件或图片已不在存储中；请从备份恢复，或请对方重新发送。") from None
        except (BaseError, OSError) as error:
            raise ObjectsUnreachable(
                f"{self._place}暂时不能读写（{type(error).__name__}）；请稍后再试，并请管理员检查存储空间和网络。"
            ) from error


def open_objects(settings: Settings) -> ObjectStore:
    """The object store that the settings name: ``<data>/objects``, or a bucket."""
    if not settings.objects_url:
        return _local(settings.data / "objects")
    return _bucket(settings)


def _local(root: Path) -> ObjectStore:
    from obstore.store import LocalStore

    try:
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o700)  # originals are nobody's but the server's
        store = LocalStore(prefix=root.resolve())
    except (OSError, ValueError) as error:
        raise ObjectsUnreachable(
            f"存储文件夹 {root} 不能使用（{type(error).__name__}）；请检查文件夹权限和磁盘空间。"
        ) from error
    return ObjectStore(store, root=root.resolve(), place="本机存储")


def _bucket(settings: Settings) -> ObjectStore:
    from datetime import timedelta

    from obstore.store import S3Store

    address = urlsplit(settings.objects_url)
    config: dict[str, Any] = {"region": settings.objects_region or "us-east-1"}
    if settings.objects_endpoint:
        config["endpoint"] = settings.objects_endpoint
    if settings.objects_key:
        config |= {"access_key_id": settings.objects_key, "secret_access_key": settings.objects_secret}
    store = S3Store(
        address.netloc,
        prefix=address.path.strip("/") or None,
        config=cast(Any, config),
        client_options={
            "allow_http": settings.objects_endpoint.startswith("http://"),
            "connect_timeout": _CONNECT_S,
            "timeout": _ANSWER_S,
        },
        retry_config={"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=60)},
    )
    return ObjectStore(store, root=None, place="对象存储")
