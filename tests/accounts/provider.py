"""A small provider of single sign-on for the tests: discovery, code with PKCE, RS256 tokens, and ways to be wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "geoapp", "between us"


@dataclass
class Provider:
    """What it says next can be bent: ``claims`` override those of the token, ``metadata`` those of the discovery."""

    issuer: str = ""
    subject: str = "10001"
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "1"})
    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1"}))
    #: What tokens are signed with, where that is not ``key``.
    signing_key: Any = None
    broken: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def app(self) -> Flask:
        app = Flask(__name__)

        @app.get("/.well-known/openid-configuration")
        def discovery() -> Any:
            self.asked.append("discovery")
            if self.broken:
                return "<h1>busy</h1>", 503
            return jsonify(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/jwks",
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
                | self.metadata
            )

        @app.get("/jwks")
        def jwks() -> Any:
            return jsonify(keys=[self.key.as_dict(private=False)])

        @app.get("/authorize")
        def authorize() -> Any:
            """Everybody is signed in here already."""
            asked = request.args
            assert asked["client_id"] == CLIENT and asked["response_type"] == "code"
            assert asked["code_challenge_method"] == "S256" and "openid" in asked["scope"].split()
            code = secrets.token_urlsafe(16)
            self.codes[code] = {name: asked[name] for name in ("nonce", "code_challenge", "redirect_uri")}
            return redirect(f"{asked['redirect_uri']}?code={code}&state={asked['state']}")

        @app.post("/token")
        def token() -> Any:
            """One token per code, for whoever knows the secret and the verifier."""
            given = self.codes.pop(request.form["code"], None)
            who = request.authorization
            verifier = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
            known = who is not None and (who.username, who.password) == (CLIENT, SECRET)
            if given is None or not known or challenge != given["code_challenge"]:
                return jsonify(error="invalid_grant"), 400
            assert request.form["redirect_uri"] == given["redirect_uri"]
            now = int(time.time())
            said = {
                "iss": self.issuer, "aud": CLIENT, "sub": self.subject, "nonce": given["nonce"], "iat": now,
                "exp": now + 300, "name": "王",
            }  # fmt: skip
            said = {name: value for name, value in (said | self.claims).items() if value is not None}
            return jsonify(access_token="opaque", token_type="Bearer", expires_in=300, id_token=self.sign(said))

        return app

    def sign(self, said: dict[str, Any]) -> str:
        if self.header["alg"] == "none":
            parts = [base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode() for text in
                     (json.dumps(self.header), json.dumps(said))]  # fmt: skip
            return ".".join([*parts, ""])
        return str(jwt.encode(self.header, said, self.signing_key or self.key, algorithms=[self.header["alg"]]))
