"""Reads JSON piece by piece: one feature of a file of any length at a time, in bounded memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geoapp.layers.faults import MOST_VERTICES
from geoapp.layers.formats.source import Unreadable

_CHUNK = 1 << 20
#: Longest text of one value; a shape of a million corners needs less.
LONGEST = 24_000_000
_SPACE = re.compile(r"[ \t\r\n\x1e\ufeff]*")
_BRACES = re.compile(r'[{}"\\]')
DUPLICATE = "\x00duplicate"


class TooLong(Exception):
    """A value is longer than is sensible; ``beginning`` shows how it starts."""

    def __init__(self, beginning: str, *, vertices: bool) -> None:
        super().__init__(beginning)
        self.beginning, self.vertices = beginning, vertices


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        made[DUPLICATE] = True
    return made


def _integer(digits: str) -> int | float:
    # Python refuses integers of thousands of digits; as a coordinate they are infinite anyway.
    return int(digits) if len(digits) < 300 else float(digits)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer)


class JsonStream:
    """A cursor over the text of a file."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._stream = path.open(encoding=encoding, errors="replace", newline="")
        self._text, self._at, self._ended = "", 0, False

    def close(self) -> None:
        """Give the file back."""
        self._stream.close()

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, wanted: str) -> bool:
        """Step over the next character if it is ``wanted``."""
        if self.peek() != wanted:
            return False
        self._at += 1
        return True

    def value(self) -> Any:
        """The next value. TooLong leaves the cursor at its beginning; Unreadable when it is no JSON."""
        if not self.peek():
            raise Unreadable("文件不完整（JSON 在中途断开）；请重新导出或重新下载。")
        while True:
            try:
                made, end = _DECODER.raw_decode(self._text, self._at)
            except RecursionError:
                raise Unreadable("JSON 嵌套层数过多，不是地图数据；请核对文件。") from None
            except json.JSONDecodeError as error:
                self._read_on_after(error)
                continue
            if end == len(self._text) and not isinstance(made, dict | list | str) and self._more():
                continue
            self._at = end
            return made

    def skip_object(self) -> None:
        """Step over an object that is too long to be read, in whatever it holds."""
        depth, in_string, escaped = 0, False, False
        while True:
            start = self._at + (1 if escaped else 0)
            escaped_until = start
            escaped = False
            for found in _BRACES.finditer(self._text, start):
                if found.start() < escaped_until:
                    continue
                sign = found.group()
                if sign == "\\":
                    escaped_until = found.end() + 1
                elif sign == '"':
                    in_string = not in_string
                elif not in_string:
                    depth += 1 if sign == "{" else -1
                    if depth == 0:
                        self._at = found.end()
                        return
            escaped = escaped_until > len(self._text)
            self._at = len(self._text)
            if not self._more():
                raise Unreadable("文件不完整（JSON 在中途断开）；请重新导出或重新下载。")

    def _read_on_after(self, error: json.JSONDecodeError) -> None:
        """More text, when the fault may be only that the text ends here; else the fault is the file's."""
        cut = error.pos >= len(self._text) - 16 or error.msg.startswith("Unterminated string")
        if not cut:
            beginning = self._text[max(error.pos - 20, 0) : error.pos + 20]
            raise Unreadable(f"JSON 写法有误，在“{beginning}”附近；请改正或重新导出。")
        if len(self._text) - self._at > _CHUNK:
            many = self._text.count("[", self._at) > MOST_VERTICES + 1000
            if many or len(self._text) - self._at > LONGEST:
                raise TooLong(self._text[self._at : self._at + 300], vertices=many)
        if not self._more():
            raise Unreadable("文件不完整（JSON 在中途断开）；请重新导出或重新下载。")

    def _more(self) -> bool:
        if self._ended:
            return False
        rest = self._text[self._at :]
        # Twice as much each time, so that a long value is not tried once per chunk; but no great leaps, for all that is
        # read is also decoded, and decoded numbers take six times the room of their text.
        new = self._stream.read(max(_CHUNK, min(len(rest), 4 * _CHUNK)))
        self._ended = not new
        self._text, self._at = rest + new, 0
        return bool(new)


def items(stream: JsonStream) -> Iterator[Any]:
    """The values of a list whose opening bracket was taken; a value that is too long comes as `TooLong`."""
    if stream.take("]"):
        return
    while True:
        try:
            yield stream.value()
        except TooLong as long:
            if stream.peek() != "{":
                raise Unreadable("JSON 里有一段过长的内容，不是地图数据；请核对文件。") from None
            stream.skip_object()
            yield long
        if stream.take("]"):
            return
        if not stream.take(","):
            if not stream.peek():
                raise Unreadable("文件不完整（JSON 在中途断开）；请重新导出或重新下载。")
            raise Unreadable("JSON 写法有误（要素之间缺少逗号）；请改正或重新导出。")
