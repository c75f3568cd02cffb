"""Rows that wait to be stored: in the object store, sealed under a key that goes with them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import Connection

from geoapp.config import Settings
from geoapp.jobs import under_way
from geoapp.objects import ObjectStore, new_name, open_objects
from geoapp.reports.imports import store as imports
from geoapp.reports.orders.sheets.packing import Row, packed, unpacked

KIND = "sheets"
_NONCE = 12


@lru_cache(maxsize=4)
def objects(settings: Settings) -> ObjectStore:
    """Where they lie."""
    return open_objects(settings)


def put_rows(settings: Settings, rows: Sequence[Row]) -> dict[str, str]:
    """Put rows by; gives where and under which key, for the batch's row."""
    name, secret, nonce = new_name(KIND), AESGCM.generate_key(bit_length=256), os.urandom(_NONCE)
    objects(settings).put(name, nonce + AESGCM(secret).encrypt(nonce, packed(rows), name.encode()))
    return {"object": name, "secret": secret.hex()}


def rows_of(settings: Settings, waiting: dict[str, str]) -> list[Row]:
    """The rows again."""
    name, sealed = waiting["object"], objects(settings).get(waiting["object"])
    secret = AESGCM(bytes.fromhex(waiting["secret"]))
    return unpacked(secret.decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode()))


def awaited(connection: Connection, task: str) -> dict[str, str]:
    """Batches whose rows are being stored or wait for it: key -> name of their object."""
    found = {}
    for args in under_way(connection, task):
        summary: dict[str, Any] = imports.find(connection, args["key"]).summary
        found[str(args["key"])] = str(summary.get("waiting", {}).get("object", ""))
    return found
