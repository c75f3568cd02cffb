"""The log: one line per event, as JSON or as text, on standard error; whoever runs the service keeps and rotates it.

A line cannot be forged: whatever is not printable is escaped, in both forms. A trace holds files, lines and the kind
of error but not its message, for messages repeat what people sent: telephone numbers, codes, whole rows.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from geoapp.config import Settings

JSON, TEXT = "json", "text"
#: Control signs, line ends of every kind, and signs that turn the direction of writing.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def install(settings: Settings) -> None:
    """Let everything that is logged in this process come out in the installation's form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(settings.log_format, settings.zone))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # "Task queue depth" is no event, and who left while being served was served at an address that may be a secret.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    for chatty in ("waitress", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("waitress").addFilter(_without_address)


class Lines(logging.Formatter):
    """One line per record; ``extra={"fields": {...}}`` become fields of their own."""

    def __init__(self, form: str, zone: ZoneInfo) -> None:
        super().__init__()
        self._form, self._zone = form, zone

    def format(self, record: logging.LogRecord) -> str:
        """The line, without a line end."""
        fields: dict[str, Any] = dict(getattr(record, "fields", {}))
        if record.exc_info:
            fields["fault"] = trace(record.exc_info)
        time = datetime.fromtimestamp(record.created, self._zone).isoformat(timespec="milliseconds")
        level, message = record.levelname.lower(), record.getMessage()
        if self._form == JSON:
            head = {"time": time, "level": level, "logger": record.name, "message": message}
            return printable(json.dumps(head | fields, ensure_ascii=False, default=str))
        told = " ".join(f"{name}={'-' if value is None else value}" for name, value in fields.items())
        return printable(f"{time} {level} {record.name} {message}{' ' if told else ''}{told}")


def printable(text: str) -> str:
    """The text with everything escaped that could end a line or mislead a reader's eye."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def trace(fault: Any) -> str:
    """Kind of an error and of what led to it, and where each was raised: innermost place first, no messages."""
    told: list[str] = []
    error = fault[1]
    while error is not None and len(told) < 5:
        places = traceback.extract_tb(error.__traceback__)[-12:]
        where = " < ".join(f"{place.filename}:{place.lineno} {place.name}" for place in reversed(places))
        told.append(f"{type(error).__name__} at {where}")
        error = error.__cause__ or error.__context__
    return "; from ".join(told)


def _without_address(record: logging.LogRecord) -> bool:
    record.msg = str(record.msg).partition(" while serving ")[0]
    return True
