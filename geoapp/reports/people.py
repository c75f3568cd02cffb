"""Those who report: how they can be reached, and who they are to the throttles."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields

from geoapp.errors import Invalid
from geoapp.reports.telephones import kept

_EMAIL = re.compile(r"[^@\s<>\",;:\\]{1,64}@[^@\s<>\",;:\\]{1,180}\.[^@\s<>\",;:\\.]{2,30}")


class BadContact(Invalid):
    """A phone number or an address that cannot be one."""


@dataclass(frozen=True, slots=True)
class Contact:
    """How somebody can be reached; ``home`` is the exact address that only the handler needs."""

    name: str = ""
    phone: str = ""
    email: str = ""
    home: str = ""
    wants_call: bool = False
    #: News go to the telephone, by the installation's own program (SMS, WeChat), where it has one.
    by_message: bool = False

    @property
    def channel(self) -> str:
        """By which way news reach her."""
        return "email" if self.email else "message" if self.by_message and self.phone else "none"

    def __bool__(self) -> bool:
        return any((self.name, self.phone, self.email, self.home))

    def checked(self) -> Contact:
        """The same without blanks; BadContact for what is no phone number or address, or too long."""
        name, phone, email, home = (_plain(t) for t in (self.name, self.phone, self.email, self.home))
        if phone and not (phone := kept(phone)):
            raise BadContact("电话号码不对；请填手机号或带区号的座机，也可以不填。")
        if email and not _EMAIL.fullmatch(email):
            raise BadContact("邮箱地址不对；请查对，也可以不填。")
        if len(name) > 60 or len(home) > 200:
            raise BadContact("姓名或住址太长；请写短一些。")
        if self.wants_call and not phone:
            raise BadContact("要回电话请留下电话号码。")
        return Contact(name, phone, email, home, self.wants_call, self.by_message)

    def as_values(self) -> dict[str, object]:
        """Plain values, for sealing."""
        return asdict(self)

    @staticmethod
    def of(values: dict[str, object]) -> Contact:
        """The contact of its values; what is not known is ignored."""
        known = {field.name for field in fields(Contact)}
        return Contact(**{name: value for name, value in values.items() if name in known})  # type: ignore[arg-type]


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).strip()


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a sending comes from: network address, and the mark of the device (a random cookie). Both are hashed."""

    address: str = ""
    device: str = ""
