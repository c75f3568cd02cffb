"""What the forms of a receipt say."""

from __future__ import annotations

from collections.abc import Mapping

MOST_WORDS = 2000


def words_of(form: Mapping[str, str]) -> str:
    """The words of a form; no longer than is kept, what cannot be shown is taken out where they are stored."""
    return form.get("words", "").strip()[:MOST_WORDS]
