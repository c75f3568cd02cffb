"""Objects lie under random names in a folder or in a bucket, whole or not at all, in the same code."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geoapp.config import BadSetting, Settings, read_settings
from geoapp.errors import Invalid, NotFound, Unavailable
from geoapp.objects import ObjectStore, checked_name, new_name, open_objects

LONG = bytes(range(256)) * 4096 * 7  # 7 MiB: more than one part of a multipart upload


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, str]]:
    """Settings of a bucket on a store of this machine."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=address, **keys).create_bucket(Bucket="photos")
    yield {
        "objects_url": "s3://photos/one/two",
        "objects_endpoint": address,
        "objects_key": "a",
        "objects_secret": "b",
    }
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    settings = Settings(data=tmp_path)
    if request.param == "bucket":
        settings = replace(settings, **request.getfixturevalue("bucket"))
    return open_objects(settings)


@pytest.mark.parametrize("data", [b"", b"x", LONG], ids=["empty", "one byte", "7 MiB"])
def test_what_was_put_is_there_again(objects: ObjectStore, data: bytes) -> None:
    name = new_name("originals")
    objects.put(name, data)
    assert objects.get(name) == data
    assert b"".join(objects.stream(name)) == data
    assert objects.has(name) and not objects.has(new_name("originals"))
    assert [(one.name, one.size) for one in objects.listed("originals") if one.name == name] == [(name, len(data))]
    objects.delete(name)
    objects.delete(name)  # a second time is no fault
    for read in (objects.get, objects.stream):
        with pytest.raises(NotFound):
            read(name)


def test_a_second_put_replaces_the_first(objects: ObjectStore) -> None:
    name = new_name("originals")
    objects.put(name, b"first and longer")
    objects.put(name, b"second")
    assert objects.get(name) == b"second"


def test_kinds_are_listed_apart(objects: ObjectStore) -> None:
    originals, shown = new_name("originals"), new_name("shown") + "-640"
    objects.put(originals, b"1")
    objects.put(shown, b"2")
    assert [one.name for one in objects.listed("shown")] == [shown]
    with pytest.raises(Invalid):
        list(objects.listed("../originals"))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../../etc/passwd",
        "/etc/passwd",
        "originals/../../x",
        "originals/ab/" + "c" * 32,  # not in its own folder
        "originals/ab/ab" + "C" * 30,
        "originals/ab/ab" + "c" * 30 + "\n",
        "originals/ab/ab" + "c" * 30 + "/..",
        "originals/ab/ab" + "c" * 30 + "-" + "9" * 9,
        "originals/ab/ab" + "c" * 29 + "\0",
    ],
)
def test_05_a_name_that_is_not_ours_reaches_no_store(tmp_path: Path, name: str) -> None:
    objects = open_objects(Settings(data=tmp_path))
    for use in (objects.get, objects.stream, objects.delete, checked_name):
        with pytest.raises(Invalid):
            use(name)
    with pytest.raises(Invalid):
        objects.put(name, b"x")


def test_the_bytes_and_their_name_are_on_the_disk_before_put_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """fsync meets the file first, then its folder; nobody else may look into the store."""
    objects = open_objects(Settings(data=tmp_path))
    name = new_name("originals")
    synced: list[str] = []
    sync = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda fd: (synced.append(str(Path(f"/proc/self/fd/{fd}").readlink())), sync(fd))[1]
    )
    objects.put(name, b"x")
    root = (tmp_path / "objects").resolve()
    path = root / name
    assert synced == [str(path.parent.parent), str(path), str(path.parent)]
    assert root.stat().st_mode & 0o077 == 0


def test_a_store_that_does_not_answer_is_told_without_its_address(tmp_path: Path, unused_port: int) -> None:
    settings = Settings(
        data=tmp_path,
        objects_url="s3://photos",
        objects_endpoint=f"http://127.0.0.1:{unused_port}",
        objects_key="AKIASECRET",
        objects_secret="verysecret",
    )
    objects = open_objects(settings)
    with pytest.raises(Unavailable) as caught:
        objects.get(new_name("originals"))
    assert "127.0.0.1" not in str(caught.value) and "SECRET" not in str(caught.value)
    assert "verysecret" not in repr(settings)


@pytest.fixture
def unused_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"GEOAPP_OBJECTS_URL": "http://bucket"}, "GEOAPP_OBJECTS_URL"),
        ({"GEOAPP_OBJECTS_URL": "s3://key:secret@bucket/x"}, "GEOAPP_OBJECTS_URL"),
        ({"GEOAPP_OBJECTS_ENDPOINT": "minio:9000"}, "GEOAPP_OBJECTS_ENDPOINT"),
        ({"GEOAPP_OBJECTS_KEY": "a"}, "GEOAPP_OBJECTS_SECRET"),
        ({"GEOAPP_ORIGINAL_DAYS": "0"}, "GEOAPP_ORIGINAL_DAYS"),
    ],
)
def test_a_wrong_address_stops_the_start(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(BadSetting, match=named):
        read_settings(settings)
