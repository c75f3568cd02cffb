"""What was painted on a picture -> shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from geoapp.errors import Invalid


class BadForm(Invalid):
    """A form that cannot be used as it was sent."""


def shapes_of(form: Mapping[str, str]) -> list[dict[str, Any]]:
    """What was painted, as the photographs' part takes it; BadForm for what is no list."""
    try:
        shapes = json.loads(form.get("shapes", ""))
    except ValueError:
        raise BadForm("没有收到要遮住的地方；请重新画。") from None
    if not isinstance(shapes, list) or len(shapes) > 200 or not all(isinstance(each, dict) for each in shapes):
        raise BadForm("没有收到要遮住的地方；请重新画。")
    return shapes
