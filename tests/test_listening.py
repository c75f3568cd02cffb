"""The server over sockets: refusals arrive, memory stays, what is no HTTP has headers, slow senders are shown out."""

from __future__ import annotations

import http.client
import resource
import socket
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import request
from hypothesis import given
from hypothesis import strategies as st

from geoapp import listening
from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.listening import Server
from geoapp.web.bodies import takes_uploads
from geoapp.web.rights import ANYBODY, needs, no_cookie

MIB = 1 << 20


@pytest.fixture
def port(settings: Settings) -> Iterator[int]:
    """A served application with a view that takes uploads and counts them."""
    own = replace(settings, max_upload_mib=64, grace_s=5)
    app = create_app(own)
    app.add_url_rule("/raw", "raw", needs(ANYBODY)(no_cookie(lambda: str(len(request.get_data())))), methods=["POST"])

    def count() -> str:
        read = 0
        while chunk := request.stream.read(MIB):
            read += len(chunk)
        return str(read)

    app.add_url_rule("/upload", "upload", needs(ANYBODY)(no_cookie(takes_uploads(count))), methods=["POST"])
    server = Server(app, own, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.port
    server.stop()
    thread.join(timeout=10)
    assert not thread.is_alive()
    app.extensions["geoapp"]["database"].dispose()


def talk(port: int, sent: bytes) -> bytes:
    """Everything that is answered until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def send_on(port: int, head: bytes, chunk: bytes, most: int) -> tuple[bytes, int]:
    """Send a body as a browser does, on and on until an answer is there; the answer and how much was sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head)
        connection.settimeout(0.01)
        sent, answer = 0, b""
        while sent < most and not answer:
            try:
                sent += connection.send(chunk)
            except (TimeoutError, BlockingIOError):
                pass
            except (ConnectionResetError, BrokenPipeError):
                break
            try:
                answer = connection.recv(65536)
            except TimeoutError:
                answer = b""
        connection.settimeout(20)
        while more := connection.recv(65536):
            answer += more
        return answer, sent


def test_abuse_2_a_declared_length_over_the_limit_is_refused_before_the_body_comes(port: int) -> None:
    answer = talk(port, b"POST /raw HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Length: 1048577\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in answer and b"Content-Security-Policy" in answer
    assert b"1 MiB" in answer


def test_a_sender_who_waits_for_a_word_gets_the_refusal_as_the_word(port: int) -> None:
    head = b"POST /raw HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n"
    assert talk(port, head).startswith(b"HTTP/1.1 413")
    small = head.replace(b"9999999", b"3\r\nConnection: close")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(small)
        assert connection.recv(1000).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b"abc")
        assert b"HTTP/1.1 200" in connection.recv(10000)


def test_the_refusal_reaches_somebody_who_sends_on_without_looking(port: int) -> None:
    """30 MiB are under way when the answer is made: a connection simply closed would be reset and lose it."""
    head = b"POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: 31457280\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head)
        for _ in range(30):
            connection.sendall(b"x" * MIB)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413") and b"</html>" in answer


def test_a_body_in_chunks_is_refused_at_its_limit(port: int) -> None:
    head = b"POST /raw HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    answer, sent = send_on(port, head, chunk, 200 * MIB)
    assert answer.startswith(b"HTTP/1.1 413") and b"Content-Security-Policy" in answer
    assert sent < 20 * MIB


def test_what_comes_behind_a_refused_body_is_no_request(port: int) -> None:
    """Smuggling: the body of the refused request looks like another one."""
    hidden = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = talk(port, b"POST /raw HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + hidden)
    assert answer.count(b"HTTP/1.1") == 1


def test_bodies_within_the_limit_arrive_whole(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for path, size in (("/raw", MIB), ("/upload", 65 * MIB), ("/raw", 5)):
        connection.request("POST", path, body=b"x" * size)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, str(size).encode())
    connection.close()


def resident_mib() -> float:
    """Memory that the process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / MIB


def test_middling_bodies_share_a_room_and_give_it_back(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A room of 64 MiB: a body of 4 MiB is in it until it is answered or broke off; one of 17 MiB goes to a file."""
    rooms: list[listening._Room] = []
    take = listening._Room.take
    taken: list[int] = []

    def noting(room: listening._Room, n_bytes: int) -> int:
        rooms.append(room)
        taken.append(take(room, n_bytes))
        return taken[-1]

    monkeypatch.setattr(listening._Room, "take", noting)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for size in (4 * MIB, 17 * MIB, 5):
        connection.request("POST", "/upload", body=b"x" * size)
        assert connection.getresponse().read() == str(size).encode()
    connection.close()
    assert taken == [4 * MIB]
    head = f"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: {4 * MIB}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as broken:
        broken.sendall(head + b"x" * MIB)
        until(lambda: len(taken) == 2)
        assert rooms[0]._left == 60 * MIB
    until(lambda: rooms[0]._left == 64 * MIB)


def test_who_finds_no_room_goes_through_a_file() -> None:
    room = listening._Room(10)
    assert (room.take(6), room.take(5), room.take(4)) == (6, 0, 4)
    room.give_back(6)
    assert room.take(5) == 5


@given(
    st.lists(st.sampled_from([b"a", b"bc" * 3, b"d" * (listening.PIECE - 1), b"e" * listening.PIECE, b"f" * 20_000])),
    st.sampled_from([997, listening.PIECE - 1, listening.PIECE, 64 << 10]),
)
def test_a_body_is_read_as_it_came(pieces: list[bytes], step: int) -> None:
    body = listening._Pieces()
    for piece in pieces:
        body.append(piece)
    assert len(body) == len(b"".join(pieces))
    read = list(iter(lambda: body.getfile().read(step), b""))
    assert b"".join(read) == b"".join(pieces)
    assert all(len(one) <= step for one in read)
    body.close()


def test_a_body_that_comes_byte_by_byte_takes_no_more_room_than_one_at_once() -> None:
    body = listening._Pieces()
    tracemalloc.start()
    try:
        for k in range(MIB // 4):
            body.append(bytes([k % 256]))
        assert tracemalloc.get_traced_memory()[0] < 1.3 * MIB / 4
    finally:
        tracemalloc.stop()
    assert body.getfile().read(300) == bytes(k % 256 for k in range(300))


def until(holds: Callable[[], bool]) -> None:
    """Wait, at most ten seconds, until something holds."""
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_eight_senders_at_once_do_not_fill_the_memory(port: int) -> None:
    """Eight bodies of 40 MiB are 320 MiB; they lie in files, and the process grows by less than 60 MiB."""
    before_mib = most_mib = resident_mib()
    answers: list[bytes] = []

    def send() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request(
            "POST", "/upload", body=iter([b"x" * 65536] * 640), headers={"Content-Length": str(40 * MIB)}
        )
        answers.append(connection.getresponse().read())
        connection.close()

    senders = [threading.Thread(target=send) for _ in range(8)]
    for sender in senders:
        sender.start()
    while any(sender.is_alive() for sender in senders):
        most_mib = max(most_mib, resident_mib())
        time.sleep(0.005)
    assert answers == [str(40 * MIB).encode()] * 8
    assert most_mib - before_mib < 60


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", b"501"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", b"431"),
    ],
)
def test_what_is_no_http_is_refused_with_the_same_headers(port: int, sent: bytes, status: bytes) -> None:
    answer = talk(port, sent)
    assert answer.split()[1] == status
    for header in (b"Content-Security-Policy", b"X-Content-Type-Options", b"Cache-Control: no-store"):
        assert answer.lower().count(header.lower()) == 1
    assert b"waitress" not in answer.lower()


def test_who_writes_a_header_letter_by_letter_is_shown_out(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "HEADER_S", 0.3)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        begun = time.monotonic()
        connection.sendall(b"GET / HTTP/1.1\r\n")
        closed = False
        while not closed and time.monotonic() - begun < 10:
            try:
                connection.sendall(b"x")
                connection.settimeout(0.1)
                closed = connection.recv(100) == b""
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                closed = True
        assert closed
