"""Limits of sign-in: how many tries an address, an account and a known browser have; and where it leads afterwards.

Nobody can lock another out: wrong passwords from strangers fill the strangers' bucket of an account; the browser in
which the owner signed in before carries a mark and has a bucket of its own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bucket:
    """``capacity`` tries at once, one more every ``refill_s`` seconds; success refills it unless ``shared``."""

    what: str
    capacity: float
    refill_s: float
    shared: bool = False


ADDRESS_TRIES, ADDRESS_REFILL_S = 30.0, 20.0
ACCOUNT_TRIES, ACCOUNT_REFILL_S = 10.0, 90.0
KNOWN_TRIES, KNOWN_REFILL_S = 10.0, 60.0


def buckets(*, address: str, login: str, known_browser: str | None) -> list[Bucket]:
    """The buckets that one try takes from.

    ``known_browser`` is the verified mark of a browser in which this account signed in before, None otherwise.
    """
    account = login.strip().casefold()
    if known_browser is not None:
        return [Bucket(f"sign-in known {account} {known_browser}", KNOWN_TRIES, KNOWN_REFILL_S)]
    return [
        Bucket(f"sign-in address {address}", ADDRESS_TRIES, ADDRESS_REFILL_S, shared=True),
        Bucket(f"sign-in account {account}", ACCOUNT_TRIES, ACCOUNT_REFILL_S),
    ]


def own_path(wanted: str) -> str:
    """``wanted`` if it is a path of this app, else the first page: nobody is sent elsewhere by a link to our sign-in.

    Browsers read backslashes as slashes and drop control signs, and two slashes begin the name of a host.

    Examples
    --------
    >>> own_path("/people?rank=grid#top"), own_path("//evil.example/x"), own_path("https:evil.example")
    ('/people?rank=grid#top', '/', '/')
    """
    path = wanted.split("?")[0].split("#")[0]
    strange = any(ord(sign) <= 32 or ord(sign) == 127 or sign == "\\" for sign in wanted)
    return wanted if path.startswith("/") and "//" not in path and not strange else "/"
