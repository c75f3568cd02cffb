"""Uploads are kept once, by hash, and never where a name says."""

import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from geoapp.errors import Invalid, NotFound, TooLarge
from geoapp.files import FileStore, secret_key


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def test_the_same_bytes_are_stored_once(store: FileStore) -> None:
    first, second = store.put(io.BytesIO("霞光里".encode())), store.put(io.BytesIO("霞光里".encode()))
    assert first == second
    assert first.sha256 == hashlib.sha256("霞光里".encode()).hexdigest()
    assert store.path(first.sha256).read_text(encoding="utf-8") == "霞光里"
    assert len([p for p in store.root.rglob("*") if p.is_file()]) == 1


def test_what_is_too_large_leaves_nothing(store: FileStore) -> None:
    with pytest.raises(TooLarge):
        store.put(io.BytesIO(b"x" * (3 << 20)), limit_bytes=1 << 20)
    assert [p for p in store.root.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("address", ["../../etc/passwd", "A" * 64, "", "0" * 63, "0" * 64 + "/x"])
def test_an_address_that_is_no_hash_is_refused(store: FileStore, address: str) -> None:
    with pytest.raises(Invalid):
        store.path(address)


def test_a_hash_that_is_not_here_is_not_found(store: FileStore) -> None:
    with pytest.raises(NotFound):
        store.path("0" * 64)


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: secret_key(tmp_path / "new"), range(32)))
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret.key"]
    if os.name == "posix":
        assert (tmp_path / "new" / "secret.key").stat().st_mode & 0o077 == 0
