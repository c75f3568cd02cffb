"""What a provider says of a person, as far as it is used: who she is there, and what she is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geoapp.errors import NotAllowed


class BadToken(NotAllowed):
    """The provider's answer cannot be trusted, or was not asked for."""


@dataclass(frozen=True, slots=True)
class Claims:
    """``issuer`` and ``subject`` name the person for ever; ``name`` may change and proves nothing."""

    issuer: str
    subject: str
    name: str


def read_claims(said: Mapping[str, Any] | None, *, issuer: str) -> Claims:
    """The claims of a token that was checked; BadToken for one that names nobody.

    Examples
    --------
    >>> read_claims({"sub": "7", "preferred_username": "wang"}, issuer="https://sso.example")
    Claims(issuer='https://sso.example', subject='7', name='wang')
    """
    subject = (said or {}).get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise BadToken("单点登录没有成功；请重新登录，仍不行时联系管理员。")
    names = [(said or {}).get(key) for key in ("name", "preferred_username")]
    name = next((" ".join(text.split()) for text in names if isinstance(text, str) and text.strip()), subject)
    return Claims(issuer, subject, "".join(sign for sign in name if sign.isprintable())[:120] or "—")
