"""The request at hand: its number, and who asks for it behind the proxies of this installation.

Why neither waitress' ``trusted_proxy`` nor werkzeug's ``ProxyFix``: both believe a *number* of hops. ProxyFix believes
them from whoever connects, so a phone that reaches the port beside the proxy writes its own address; waitress knows
one proxy or all. Here the proxies are named by their addresses, the chain is walked from our end, and the first
address that is none of ours is the asker, however many hops there are and under any server (waitress, gunicorn).
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from apiflask import APIFlask
from flask import Response, current_app, has_request_context, request

from geoapp.config import Settings
from geoapp.web import current
from geoapp.web.headers import completed
from geoapp.web.journal import ID_KEY, NOTED_KEY, Journal

log = logging.getLogger(__name__)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: What a proxy may number a request with, dashes aside: the audit keeps 32 letters.
_GIVEN_ID = re.compile(r"[0-9A-Za-z]{8,32}", re.ASCII)
_FORWARDED = ("HTTP_X_FORWARDED_", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


def install(app: APIFlask) -> None:
    """Number every request of ``app``, and correct its address and scheme where a proxy of ours stands before it."""
    settings: Settings = app.extensions["geoapp"]["settings"]
    app.wsgi_app = Entrance(  # type: ignore[method-assign]
        app.wsgi_app, settings.proxies, propagates=lambda: app.testing, journal=Journal(app, settings)
    )

    @app.after_request
    def note(response: Response) -> Response:
        # The rule and not the address, where a part may be a secret; the person only where she was looked up anyway.
        request.environ[NOTED_KEY] = (request.url_rule.rule if request.url_rule else None, acting())
        return response


def request_id() -> str:
    """Number of the request at hand, empty outside one; pages show it, the log and the audit carry it."""
    return str(request.environ.get(ID_KEY, "")) if has_request_context() else ""


def client_address() -> str:
    """Address of who asks: that of the connection, or what the installation's own proxies say."""
    return request.remote_addr or ""


def asker() -> str | None:
    """Opaque key of the person who is signed in, None for a visitor; the accounts part knows."""
    tell = current_app.extensions["geoapp"].get("asker")
    return tell() if tell is not None else None


def acting() -> str | None:
    """Like `asker`, as far as it is known by now: it asks no database."""
    tell = current_app.extensions["geoapp"].get("acting")
    return tell() if tell is not None and has_request_context() else None


def public_url(path: str) -> str:
    """Full address of a path, for what leaves the app: links in letters, on posters, in answers to other programs.

    From the setting, not from the request: whoever sends a Host header would else decide where a link leads.
    """
    return (current.settings().public_url or request.host_url).rstrip("/") + "/" + path.lstrip("/")


class Entrance:
    """The outermost layer of the application."""

    def __init__(
        self,
        inner: Callable[..., Iterable[bytes]],
        proxies: tuple[Network, ...],
        *,
        propagates: Callable[[], bool] = lambda: False,
        journal: Callable[[dict[str, Any], int, float], None] = lambda environ, status, took_s: None,
    ) -> None:
        self._inner, self._proxies, self._propagates, self._journal = inner, proxies, propagates, journal
        self._hinted = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        looked_at = self._proxies or "HTTP_X_FORWARDED_FOR" in environ
        peer = _address(environ.get("REMOTE_ADDR", "")) if looked_at else None
        believed = peer is not None and self._is_ours(peer)
        environ[ID_KEY] = (believed and given_id(environ)) or secrets.token_hex(6)
        if believed:
            assert peer is not None
            environ["REMOTE_ADDR"] = str(self._asker(peer, environ.get("HTTP_X_FORWARDED_FOR", "")))
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
            if scheme in {"http", "https"}:
                environ["wsgi.url_scheme"] = scheme
        elif peer is not None and "HTTP_X_FORWARDED_FOR" in environ and peer.is_private:
            self._hint(peer)
        # Nobody further in can believe what was not checked here.
        for name in [name for name in environ if name.startswith(_FORWARDED)]:
            del environ[name]
        begun, statuses = time.monotonic(), [500]
        start = _completing(environ, start_response, statuses)
        try:
            return self._inner(environ, start)
        except Exception:
            if self._propagates():
                raise
            # The application failed while it answered a failure: its own pages are out of reach.
            log.exception("fault outside of the pages in request %s", environ[ID_KEY])
            start("500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")], sys.exc_info())
            return [f"程序出错，已记入日志；请求编号 {environ[ID_KEY]}\n".encode()]
        finally:
            self._journal(environ, statuses[-1], time.monotonic() - begun)

    def _hint(self, peer: Address) -> None:
        """Say once what else shows itself as one address for everybody and as refusals for haste."""
        if not self._hinted:
            self._hinted = True
            log.warning(
                "X-Forwarded-For of %s is not believed; is that your proxy, name it in GEOAPP_TRUSTED_PROXIES", peer
            )

    def _is_ours(self, address: Address) -> bool:
        return any(address in network for network in self._proxies)

    def _asker(self, peer: Address, forwarded: str) -> Address:
        """The first address from our end that is no proxy of ours; a hop that cannot be read ends the walk."""
        found = peer
        for hop in reversed(forwarded.split(",")):
            address = _address(_without_port(hop.strip()))
            if address is None:
                break
            found = address
            if not self._is_ours(address):
                break
        return found


def _completing(environ: dict[str, Any], start_response: Any, statuses: list[int]) -> Any:
    """``start_response`` that sends the number of the request and the security headers along."""

    def start(status: str, listed: list[tuple[str, str]], *rest: Any) -> Any:
        statuses.append(int(status.split(maxsplit=1)[0]))
        headers = completed(listed, secure=environ["wsgi.url_scheme"] == "https")
        headers.append(("X-Request-Id", environ[ID_KEY]))
        return start_response(status, headers, *rest)

    return start


def given_id(environ: dict[str, Any]) -> str:
    """The number that a proxy gave, empty when it gave none or an unusable one."""
    text = environ.get("HTTP_X_REQUEST_ID", "").replace("-", "")
    return text if _GIVEN_ID.fullmatch(text) else ""


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _without_port(hop: str) -> str:
    """``1.2.3.4:5678`` and ``[2001:db8::1]:5678`` less the port."""
    hop = hop.strip('"')
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
