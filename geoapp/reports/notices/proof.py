"""Is an address hers? A letter says six digits, and whoever holds the receipt and the letter brings them together."""

from __future__ import annotations

import hashlib
import hmac

from geoapp.reports.people import Contact

#: So many wrong ones at once, and another every so many seconds: a million digits are not tried out.
TRIES, ANOTHER_S = 5.0, 720.0


def digits(secret: bytes, follower_id: int, contact: Contact) -> str:
    """Six digits that only the installation can tell beforehand; others for each asking and each address.

    Examples
    --------
    >>> digits(b"of the installation", 7, Contact(email="li@example.org"))
    '677537'
    """
    told = f"{follower_id} {contact.channel} {contact.email or contact.phone}".encode()
    return f"{int.from_bytes(hmac.new(secret, b'proof ' + told, hashlib.sha256).digest()) % 1_000_000:06d}"


def shown(contact: Contact) -> str:
    """An address as its owner knows it and nobody else reads it.

    Examples
    --------
    >>> shown(Contact(email="li.hong@example.org")), shown(Contact(phone="13800138000", by_message=True))
    ('l…@example.org', '138…8000')
    """
    if contact.email:
        return contact.email[:1] + "…" + contact.email[contact.email.rindex("@") :]
    return contact.phone[:3] + "…" + contact.phone[-4:]
