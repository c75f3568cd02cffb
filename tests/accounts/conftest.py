"""Passwords are hashed cheaply in tests: what is tested is never the cost."""

import pytest
from argon2 import PasswordHasher

from geoapp.accounts import actions


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(actions, "_HASHER", hasher)
    monkeypatch.setattr(actions, "_NOBODY", hasher.hash("nobody"))
