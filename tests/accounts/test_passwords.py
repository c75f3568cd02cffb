"""Passwords are long, uncommon and not the owner's name; nothing else is asked of them."""

import pytest

from geoapp.accounts import actions
from geoapp.accounts.passwords import WeakPassword, require_strong


@pytest.mark.parametrize(
    "password",
    ["short", "password2024!", "Woaini1314!!", "1234567890", "aaaaaaaaaaaa", "abcabcabcabc", "abcdefghijkl",
     "１２３４５６７８９０", "wangxiaohong1", "x" * 201],
)  # fmt: skip
def test_weak_ones_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        require_strong(password, names=("wangxiaohong",))


@pytest.mark.parametrize("password", ["correct horse battery", "小院里的老槐树开花了吧", "kF9#qq-27zz"])
def test_long_and_uncommon_ones_are_taken(password: str) -> None:
    require_strong(password, names=("wang",))


def test_8_a_password_is_hashed_where_there_is_none_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    class Spy:
        def verify(self, hashed: str, password: str) -> bool:
            compared.append(hashed)
            return True

    monkeypatch.setattr(actions, "_HASHER", Spy())
    assert actions.verify_password(None, "anything") is False
    assert compared == [actions._NOBODY]
