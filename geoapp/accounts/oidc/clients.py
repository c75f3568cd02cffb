"""The provider of single sign-on: a code with PKCE, state and nonce, and a token that proves who it is."""

from __future__ import annotations

import json
import logging
from typing import Any

from flask import Flask, current_app, session

from geoapp.accounts.oidc.claims import BadToken, Claims, read_claims
from geoapp.config import Settings
from geoapp.errors import Unavailable

log = logging.getLogger(__name__)

NAME = "oidc"
#: What a token may be signed with: keys of which the secret half never leaves the provider.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
#: A provider that does not answer must not hold a thread.
TIMEOUT_S = 10.0


class NoProvider(Unavailable):
    """The provider does not answer, or not as one."""


def begin(redirect_uri: str) -> str:
    """The address at the provider to which the browser goes; state, nonce and verifier wait in its session."""
    from requests import RequestException

    for key in [key for key in session if str(key).startswith(f"_state_{NAME}_")]:
        del session[key]  # one at a time: tries that were broken off would fill the cookie
    client = _client()
    try:
        _require_issuer(client)
        made = client.create_authorization_url(redirect_uri)
    except (RequestException, ValueError, KeyError, RuntimeError) as error:
        raise _unavailable(error) from None
    client.save_authorize_data(redirect_uri=redirect_uri, **made)
    return str(made["url"])


def finish() -> Claims:
    """Who came back from the provider: the code at hand for a token, checked in every respect.

    Raises BadToken for an answer that was not asked for, or a token that does not hold; NoProvider.
    """
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    settings: Settings = current_app.extensions["geoapp"]["settings"]
    client = _client()
    wanted = {
        "iss": {"essential": True, "value": settings.oidc_issuer},
        "aud": {"essential": True, "value": settings.oidc_client_id},
    }
    try:
        _require_issuer(client)
        token = client.authorize_access_token(claims_options=wanted, leeway=60)
    except (AuthlibBaseError, JoseError) as error:
        # The provider's words may hold what somebody else wrote: they go to the log, not on the page.
        log.warning("single sign-on refused: %s", type(error).__name__)
        raise BadToken("单点登录没有成功；请重新登录，仍不行时联系管理员。") from None
    except (RequestException, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise _unavailable(error) from None
    return read_claims(token.get("userinfo"), issuer=settings.oidc_issuer)


def _client() -> Any:
    """The provider's client; what it says of itself is asked for once per process."""
    found = current_app.extensions["geoapp"].get(NAME)
    if found is None:
        found = current_app.extensions["geoapp"][NAME] = _make(current_app)
    return found


def _make(app: Flask) -> Any:
    from authlib.integrations.flask_client import OAuth

    settings: Settings = app.extensions["geoapp"]["settings"]
    return OAuth(app).register(
        NAME,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret or None,
        server_metadata_url=settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "default_timeout": TIMEOUT_S},
    )


def _require_issuer(client: Any) -> None:
    """The provider must be the one that was meant, and is held to signatures that only it can make."""
    settings: Settings = current_app.extensions["geoapp"]["settings"]
    said = client.load_server_metadata()
    if said.get("issuer") != settings.oidc_issuer:
        # Kept by the client once loaded: forget it, so that a mended provider is asked again.
        current_app.extensions["geoapp"].pop(NAME, None)
        raise ValueError(f"it calls itself {json.dumps(said.get('issuer'))}, not {settings.oidc_issuer}")
    offered = said.get("id_token_signing_alg_values_supported") or ["RS256"]
    said["id_token_signing_alg_values_supported"] = [name for name in offered if name in ALGORITHMS] or ["RS256"]


def _unavailable(error: Exception) -> NoProvider:
    log.warning("single sign-on: the provider does not answer as one: %s: %s", type(error).__name__, error)
    return NoProvider("单点登录的服务器没有应答；请稍后再试，或用账号和密码登录。")
