"""Families of errors, and the HTTP status and exit code each family stands for.

A module defines the errors it raises, each under one family. A message names the thing and the remedy: it is
shown to people as it stands, on a page, in a problem document and on the command line.
"""

from __future__ import annotations

from typing import Any


class GeoappError(Exception):
    """Root of all errors that are answers, not faults; ``str(error)`` is one sentence with a remedy.

    A sentence that pages also say in English is a message id with its values apart: ``NotFound("没有“%(name)s”。",
    name=name)``. ``outside`` is what a page says in its place, where the sentence is for whoever runs the installation.
    """

    outside = ""

    def __init__(self, sentence: str = "", /, **values: object) -> None:
        self.sentence, self.values = sentence, values
        super().__init__(sentence % values if values else sentence)

    def rename_file(self, name: str, to: str) -> None:
        """Call a file of that name as whoever sent it does; on this disk its name is ours."""
        if self.values.get("file") == name:
            self.values = {**self.values, "file": to}
            self.args = (self.sentence % self.values,)


class Invalid(GeoappError):
    """What was given cannot be used as it is."""


class NotFound(GeoappError):
    """The thing asked for is not there, or not for this person to know of."""


class NotAllowed(GeoappError):
    """This person may not do this here."""


class NotSignedIn(NotAllowed):
    """Somebody could; who asks has to say who it is first."""


class Conflict(GeoappError):
    """It was changed meanwhile, or the state it is in forbids it."""


class NoAnswer(GeoappError):
    """The question was understood; it has no answer, or what was claimed does not hold."""


class Unavailable(GeoappError):
    """A part that is needed does not answer just now; trying later may help."""


class TooLarge(Invalid):
    """Over a stated limit."""


class TooOften(GeoappError):
    """More in a short time than one asker may; after ``wait_s`` seconds it works again."""

    def __init__(self, *args: Any, wait_s: float, **values: Any) -> None:
        super().__init__(*args, **values)
        self.wait_s = wait_s


HTTP_STATUS: dict[type[GeoappError], int] = {
    TooLarge: 413,
    Invalid: 400,
    NotFound: 404,
    NotAllowed: 403,
    NotSignedIn: 401,
    Conflict: 409,
    TooOften: 429,
    NoAnswer: 422,
    Unavailable: 503,
}

EXIT_OURS, EXIT_INPUT, EXIT_NO_ANSWER = 1, 2, 3
EXIT_CODE: dict[type[GeoappError], int] = {
    Invalid: EXIT_INPUT,
    NotFound: EXIT_INPUT,
    NotAllowed: EXIT_INPUT,
    Conflict: EXIT_INPUT,
    TooOften: EXIT_INPUT,
    NoAnswer: EXIT_NO_ANSWER,
    Unavailable: EXIT_OURS,
}


def http_status(error: GeoappError) -> int:
    """Status of the nearest family that the error belongs to; 500 for one of no family."""
    return _nearest(HTTP_STATUS, error, 500)


def exit_code(error: GeoappError) -> int:
    """Exit code of the nearest family that the error belongs to: 2 the input, 3 no answer, 1 our fault."""
    return _nearest(EXIT_CODE, error, EXIT_OURS)


def _nearest(table: dict[type[GeoappError], int], error: GeoappError, otherwise: int) -> int:
    for family in type(error).__mro__:
        if family in table:
            return table[family]
    return otherwise
