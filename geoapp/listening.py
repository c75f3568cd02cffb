"""The server: waitress, with bodies refused before they are stored and an end that lets running requests finish.

waitress takes a whole body in before the application sees the request, the first 128 KiB of it in memory and the
rest in a file; as many photographs as there is room for stay in memory. So the limit of a route has to be known here,
from the address; what is too much is neither kept nor read on, and the application says so in its own words, headers
and log line.
"""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import IO, Any, cast

from apiflask import APIFlask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask
from waitress.utilities import RequestEntityTooLarge

from geoapp.config import Settings
from geoapp.web.bodies import most_bytes
from geoapp.web.headers import SAFE

log = logging.getLogger(__name__)

#: What any body may hold in memory before it goes to a file: all connections together stay below 64 MiB.
BODY_IN_MEMORY = 128 << 10
#: Besides, bodies that declare up to so much stay in memory as long as all of them together keep within the room: a
#: photograph that goes through a file costs its server a quarter more processor.
MIDDLING, ROOM = 16 << 20, 64 << 20
#: What comes in smaller pieces than this is put together.
PIECE = 16 << 10
CONNECTIONS = 500
#: Somebody who sends a header letter by letter is shown out.
HEADER_S = 20.0
#: After a refusal the rest that is under way is thrown away, so that the answer arrives; no longer than this.
LINGER_S, LINGER_BYTES = 5.0, 64 << 20


class _Room:
    """Memory that bodies share: who finds no room left goes through a file."""

    def __init__(self, n_bytes: int) -> None:
        self._left, self._lock = n_bytes, threading.Lock()

    def take(self, n_bytes: int) -> int:
        """``n_bytes`` when there is room for them, else 0."""
        with self._lock:
            if n_bytes > self._left:
                return 0
            self._left -= n_bytes
            return n_bytes

    def give_back(self, n_bytes: int) -> None:
        with self._lock:
            self._left += n_bytes


class _Pieces(io.RawIOBase):
    """A body as it arrives, in the pieces of the socket; what has been read is let go.

    In blocks that grow side by side each is copied again and again: of eight photographs at once this took a quarter of
    the time that Python was busy.
    """

    remain = 0

    def __init__(self) -> None:
        self._pieces: deque[bytes | bytearray] = deque()
        self._read = 0  # of the first piece

    # What waitress asks of a buffer.

    def append(self, piece: bytes) -> None:
        self.remain += len(piece)
        # Whoever sends byte by byte would need fifty times the room.
        if self._pieces and len(piece) < PIECE and len(self._pieces[-1]) < PIECE:
            if isinstance(self._pieces[-1], bytes):
                self._pieces[-1] = bytearray(self._pieces[-1])
            self._pieces[-1] += piece
        else:
            self._pieces.append(piece)

    def __len__(self) -> int:
        return self.remain

    def __bool__(self) -> bool:
        return True

    def getfile(self) -> IO[bytes]:
        return cast(IO[bytes], self)

    # What the application asks of a file.

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        if not self._pieces:
            return 0
        first = self._pieces[0]
        found = memoryview(first)[self._read : self._read + len(into)]
        into[: len(found)] = found
        self._read += len(found)
        if self._read == len(first):
            self._pieces.popleft()
            self._read = 0
        return len(found)

    def close(self) -> None:
        self._pieces.clear()
        super().close()


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads a request; a body over its route's limit is refused as soon as that is certain."""

    app: APIFlask
    room: _Room
    held = 0
    refused = False
    adj: Any
    body_rcv: Any

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.begun = time.monotonic()

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.content_length > 0 or self.chunked:
            path = self.path.encode("latin-1").decode("utf-8", "replace")
            self.adj = copy.copy(self.adj)
            # waitress refuses from the limit on, where ours is the last that is taken.
            self.adj.max_request_body_size = most_bytes(self.app, self.command, path) + 1
            if BODY_IN_MEMORY < self.content_length <= min(MIDDLING, self.adj.max_request_body_size - 1):
                self.held = self.room.take(self.content_length)
                if self.held:
                    buffer = self.body_rcv.getbuf()
                    # It goes to a file from its limit on.
                    buffer.buf, buffer.overflow = _Pieces(), self.held + 1

    def received(self, data: bytes) -> int:
        consumed = cast(int, super().received(data))
        if isinstance(self.error, RequestEntityTooLarge):
            self._refuse()
            return len(data)
        return consumed

    def close(self) -> None:
        super().close()
        held, self.held = self.held, 0
        self.room.give_back(held)

    def _refuse(self) -> None:
        """Hand the request on without its body but with its length, by which the application refuses it."""
        self.error, self.refused, self.expect_continue = None, True, False
        if self.body_rcv is not None:
            self.body_rcv.getbuf().close()
            self.body_rcv = None
        self.headers["CONTENT_LENGTH"] = str(max(self.content_length, self.adj.max_request_body_size))
        self.headers["CONNECTION"] = "close"


class _ErrorTask(ErrorTask):  # type: ignore[misc]
    """What is no HTTP is answered here, with the headers that everything has."""

    def execute(self) -> None:
        self.response_headers.extend(SAFE.items())
        super().execute()


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection; one whose request was refused is emptied before it is closed."""

    error_task_class = _ErrorTask
    _refused = False
    _lingering_until = 0.0
    _thrown_away = 0

    def received(self, data: bytes) -> bool:
        if not self._lingering_until:
            return cast(bool, super().received(data))
        self._thrown_away += len(data)
        if self._thrown_away > LINGER_BYTES or time.monotonic() > self._lingering_until:
            self.handle_close()
        return True

    def service(self) -> None:
        self._refused = any(request.refused or request.error for request in self.requests)
        super().service()

    def handle_close(self) -> None:
        # Closing with unread bytes in the socket resets the connection, and the answer that explains it is lost.
        if self._refused and not self._lingering_until and self.connected:
            self._lingering_until = time.monotonic() + LINGER_S
            self.will_close = False
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
            return
        if self.request is not None:
            self.request.close()  # it broke off in the middle of its body
        super().handle_close()

    def is_late(self) -> bool:
        """Does it keep a place without getting on?"""
        request = self.request
        if self._lingering_until:
            return time.monotonic() > self._lingering_until
        return request is not None and not request.headers_finished and time.monotonic() - request.begun > HEADER_S

    def is_busy(self) -> bool:
        """Is a request under way, or its answer?"""
        begun = self.request is not None and self.request.headers_finished
        return bool(self.requests or self.total_outbufs_len or begun)


class Server:
    """Serves an application until `stop`; then takes no new connection and lets what is under way finish."""

    def __init__(self, app: APIFlask, settings: Settings, *, host: str | None = None, port: int | None = None) -> None:
        self._map: dict[int, Any] = {}
        self._grace_s = settings.grace_s
        self._stopping = False
        create_server(
            app,
            map=self._map,
            host=host or settings.host,
            port=settings.port if port is None else port,
            threads=settings.threads,
            ident=None,
            recv_bytes=64 << 10,
            inbuf_overflow=BODY_IN_MEMORY,
            connection_limit=CONNECTIONS,
            max_request_header_size=64 << 10,
            max_request_body_size=(settings.max_upload_mib + 2) << 20,
            # What proxies say is judged by geoapp.web.requests, under any server alike.
            clear_untrusted_proxy_headers=False,
            cleanup_interval=5,
            channel_timeout=120,
            asyncore_use_poll=hasattr(select, "poll"),
        )
        parser = type("Parser", (_Parser,), {"app": app, "room": _Room(ROOM)})
        channel = type("Channel", (_Channel,), {"parser_class": parser})
        self._listeners = [each for each in self._map.values() if isinstance(each, BaseWSGIServer)]
        for listener in self._listeners:
            listener.channel_class = channel
        self._dispatcher = self._listeners[0].task_dispatcher

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._listeners[0].effective_port)

    def stop(self) -> None:
        """Ask for an orderly end; may be called by a signal handler and from any thread."""
        self._stopping = True
        with contextlib.suppress(OSError):  # another thread may have seen it at once, and all is closed by now
            self._listeners[0].pull_trigger()

    def run(self) -> None:
        """Serve until `stop`."""
        looked = 0.0
        while not self._stopping:
            self._turn(1.0)
            if time.monotonic() - looked > 1:
                looked = time.monotonic()
                self._show_out()
        self._finish()

    def _show_out(self) -> None:
        for channel in self._channels():
            if channel.is_late():
                channel.will_close = True

    def _finish(self) -> None:
        for listener in self._listeners:
            wasyncore.dispatcher.close(listener)
        until = time.monotonic() + self._grace_s
        while (busy := self._dismiss_idle()) and time.monotonic() < until:
            self._turn(0.05)
        if busy:
            log.warning("%d requests were cut off after %g s", busy, self._grace_s)
        self._turn(0)
        self._dispatcher.shutdown(timeout=max(0.1, until - time.monotonic()) if busy else 5)
        wasyncore.close_all(self._map, True)

    def _dismiss_idle(self) -> int:
        """Close connections that only wait; gives how many are busy."""
        busy = 0
        for channel in self._channels():
            if channel.is_busy():
                busy += 1
            else:
                channel.will_close = True
        return busy

    def _channels(self) -> Iterator[_Channel]:
        for listener in self._listeners:
            yield from list(listener.active_channels.values())

    def _turn(self, timeout_s: float) -> None:
        wasyncore.loop(timeout=timeout_s, map=self._map, count=1, use_poll=hasattr(select, "poll"))
