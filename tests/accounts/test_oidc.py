"""Single sign-on against a small provider on this machine, and what an answer must not get away with."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit

import pytest
from apiflask import APIFlask
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import make_server

from geoapp.accounts import store
from geoapp.accounts.appointments import actions as appointments
from geoapp.accounts.oidc import views
from geoapp.accounts.people import Person, system
from geoapp.accounts.roles import Rank
from geoapp.accounts.trail import store as trail_store
from geoapp.app import create_app
from geoapp.config import BadSetting, Settings, read_settings
from tests.accounts.provider import CLIENT, SECRET, Provider
from tests.signing_in import held, make_person

HOME = ("110105", "110105012", "110105012023")
Open = Callable[[], Any]


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    server = make_server("127.0.0.1", 0, provider.app(), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@pytest.fixture
def make_app(settings: Settings, provider: Provider) -> Iterator[Callable[..., APIFlask]]:
    made = []

    def make(**said: Any) -> APIFlask:
        given = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, **said}
        made.append(create_app(replace(settings, **given)))
        return made[-1]

    yield make
    for app in made:
        app.extensions["geoapp"]["database"].dispose()


@pytest.fixture
def app(make_app: Callable[..., APIFlask]) -> APIFlask:
    return make_app()


def known(app: APIFlask, provider: Provider) -> Person:
    """A grid officer whom the provider knows as its subject."""
    base = app.extensions["geoapp"]["database"]
    person = make_person(base, held(Rank.GRID, HOME))
    with base.transaction() as connection:
        store.change_person(connection, person.id, issuer=provider.issuer, subject=provider.subject)
    return person


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def at_provider(address: str) -> str:
    """What a browser does there: it follows nothing; gives the path back to us."""
    try:
        urllib.request.build_opener(_Stay).open(address, timeout=5)
    except HTTPError as answer:
        back = urlsplit(answer.headers["Location"])
        return f"{back.path}?{back.query}"
    raise AssertionError("the provider did not send the browser back")


def sign_in(client: Any, start: str = "/sign-in/single?next=/account") -> Any:
    """There and back."""
    begun = client.get(start)
    assert begun.status_code == 303, begun.text
    return client.get(at_provider(begun.headers["Location"]))


def test_a_known_subject_signs_in_and_goes_where_she_wanted(app: APIFlask, provider: Provider, visitor: Any) -> None:
    known(app, provider)
    assert ">单点登录</a>" in visitor.get("/sign-in").text
    answer = sign_in(visitor)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert visitor.get("/api/me").json["ranks"] == ["网格员"]


def test_what_goes_to_the_provider_has_state_nonce_and_challenge(app: APIFlask, visitor: Any) -> None:
    asked = [parse_qs(urlsplit(visitor.get("/sign-in/single").headers["Location"]).query) for _ in range(2)]
    for one in asked:
        assert one["code_challenge_method"] == ["S256"] and len(one["code_challenge"][0]) == 43
        assert one["redirect_uri"] == ["http://localhost/sign-in/single/back"]
        assert SECRET not in json.dumps(one)
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name] and len(asked[0][name][0]) >= 20


def test_links_lead_back_to_the_configured_address(make_app: Callable[..., APIFlask]) -> None:
    client = make_app(public_url="https://geo.example.cn").test_client()
    asked = parse_qs(
        urlsplit(client.get("/sign-in/single", headers={"Host": "evil.example"}).headers["Location"]).query
    )
    assert asked["redirect_uri"] == ["https://geo.example.cn/sign-in/single/back"]


def test_somebody_unknown_gets_no_account(app: APIFlask, visitor: Any) -> None:
    answer = sign_in(visitor)
    assert answer.status_code == 403 and "还没有这里的账号" in answer.text
    with app.extensions["geoapp"]["database"].reading() as connection:
        assert not store.any_person(connection)


def test_with_the_setting_somebody_unknown_gets_one_without_any_right(make_app: Callable[..., APIFlask]) -> None:
    app = make_app(oidc_accounts="anybody")
    client = app.test_client()
    assert sign_in(client).status_code == 303
    told = client.get("/api/me").json
    assert (told["name"], told["ranks"]) == ("王", [])
    again = app.test_client()
    sign_in(again)
    assert again.get("/api/me").json["key"] == told["key"]


def test_an_invitation_links_the_subject_and_is_used_up(app: APIFlask, provider: Provider, visitor: Any) -> None:
    base = app.extensions["geoapp"]["database"]
    invited = appointments.invite(
        base, system("test"), name="李", login="li", rank=Rank.GRID, place=HOME, on=base.today(), until=None
    )
    page = visitor.get(f"/invitation/{invited.token}")
    start = re.search(r'href="(/invitation/[^"]+/single)"', page.text)
    assert start
    visitor.get(start[1])
    assert visitor.get(f"/invitation/{invited.token}").status_code == 200, "setting out uses nothing up"
    assert sign_in(visitor, start[1]).headers["Location"] == "/account"
    assert visitor.get(f"/invitation/{invited.token}").status_code == 404
    assert sign_in(app.test_client()).status_code == 303
    with base.reading() as connection:
        told = [entry.action for entry in trail_store.entries(connection)]
    assert told.count("account.link") == 1 and told.count("account.sign-in") == 2


def test_a_subject_that_has_an_account_takes_no_second_one(app: APIFlask, provider: Provider, visitor: Any) -> None:
    known(app, provider)
    base = app.extensions["geoapp"]["database"]
    invited = appointments.invite(
        base, system("test"), name="李", login="li", rank=Rank.GRID, place=HOME, on=base.today(), until=None
    )
    answer = sign_in(visitor, f"/invitation/{invited.token}/single")
    assert answer.status_code == 409
    assert visitor.get(f"/invitation/{invited.token}").status_code == 200


def test_a_link_to_reset_a_password_links_nobody(app: APIFlask, provider: Provider, visitor: Any) -> None:
    base = app.extensions["geoapp"]["database"]
    person = make_person(base, held(Rank.GRID, HOME))
    link = appointments.reset_link(base, system("test"), person.key, on=base.today())
    assert sign_in(visitor, f"/invitation/{link}/single").status_code == 404


@pytest.mark.parametrize("accounts", ["invited", "anybody"])
def test_an_account_that_ended_stays_ended(
    make_app: Callable[..., APIFlask], provider: Provider, accounts: str
) -> None:
    app = make_app(oidc_accounts=accounts)
    person, base = known(app, provider), app.extensions["geoapp"]["database"]
    appointments.end_person(base, system("test"), person.key, on=base.today())
    client = app.test_client()
    assert sign_in(client).status_code == 403
    assert client.get("/api/me").json["signed_in"] is False


BENT: dict[str, dict[str, Any]] = {
    "another's nonce": {"claims": {"nonce": "guessed"}},
    "no nonce": {"claims": {"nonce": None}},
    "another's audience": {"claims": {"aud": "another"}},
    "another's audience for us": {"claims": {"aud": "another", "azp": CLIENT}},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "expired": {"claims": {"exp": int(time.time()) - 3600}},
    "no end": {"claims": {"exp": None}},
    "nobody": {"claims": {"sub": None}},
    "a subject that is no text": {"claims": {"sub": {"$ne": ""}}},
    "a key of its own": {"signing_key": RSAKey.generate_key(2048, {"kid": "1"})},
    "unsigned": {"header": {"alg": "none"}, "metadata": {"id_token_signing_alg_values_supported": ["none", "RS256"]}},
    "a secret as key": {
        "header": {"alg": "HS256", "kid": "1"},
        "signing_key": OctKey.import_key(SECRET * 4),
        "metadata": {"id_token_signing_alg_values_supported": ["HS256", "RS256"]},
    },
}


@pytest.mark.parametrize("bent", BENT)
def test_a_token_that_does_not_hold_signs_nobody_in(app: APIFlask, provider: Provider, visitor: Any, bent: str) -> None:
    known(app, provider)
    for name, value in BENT[bent].items():
        setattr(provider, name, value)
    answer = sign_in(visitor)
    assert answer.status_code in (403, 503), answer.status_code
    assert "单点登录" in answer.text and "Traceback" not in answer.text
    assert visitor.get("/api/me").json["signed_in"] is False
    provider.claims, provider.signing_key, provider.metadata = {}, None, {}
    provider.header = {"alg": "RS256", "kid": "1"}
    assert sign_in(visitor).status_code == 303, "a mended provider works again"


def test_an_answer_that_was_not_asked_for_signs_nobody_in(app: APIFlask, provider: Provider, visitor: Any) -> None:
    """A code of somebody else's sign-in, pushed onto this browser; the same answer twice; another state."""
    known(app, provider)
    back = at_provider(visitor.get("/sign-in/single").headers["Location"])
    stranger = app.test_client()
    assert stranger.get(back).status_code == 403
    assert stranger.get("/api/me").json["signed_in"] is False
    stranger.get("/sign-in/single")
    assert stranger.get(back).status_code == 403
    assert visitor.get(re.sub(r"state=\w+", "state=x", back)).status_code == 403
    assert visitor.get(back).status_code == 403, "the state was used by the try before"


def test_the_same_answer_works_once(app: APIFlask, provider: Provider, visitor: Any) -> None:
    known(app, provider)
    back = at_provider(visitor.get("/sign-in/single").headers["Location"])
    kept = visitor.get_cookie("session").value
    assert visitor.get(back).status_code == 303
    thief = app.test_client()
    thief.set_cookie("session", kept)
    assert thief.get(back).status_code == 403
    assert thief.get("/api/me").json["signed_in"] is False


def test_an_answer_after_ten_minutes_is_too_late(
    app: APIFlask, provider: Provider, visitor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(app, provider)
    back = at_provider(visitor.get("/sign-in/single").headers["Location"])
    late = datetime.now(UTC) + timedelta(seconds=601)
    monkeypatch.setattr(views, "utcnow", lambda: late)
    assert visitor.get(back).status_code == 403


def test_a_refusal_by_the_provider_is_one_sentence_of_ours(app: APIFlask, visitor: Any) -> None:
    visitor.get("/sign-in/single")
    answer = visitor.get("/sign-in/single/back?error=access_denied&error_description=<script>alert(1)</script>&state=x")
    assert answer.status_code == 403 and "alert(1)" not in answer.text and "access_denied" not in answer.text


def test_a_provider_that_is_down_is_said_so_and_passwords_still_work(
    app: APIFlask, provider: Provider, visitor: Any
) -> None:
    provider.broken = True
    answer = visitor.get("/sign-in/single")
    assert answer.status_code == 503 and "没有应答" in answer.text
    assert visitor.get("/sign-in").status_code == 200


def test_a_provider_that_calls_itself_otherwise_is_not_believed(
    app: APIFlask, provider: Provider, visitor: Any
) -> None:
    provider.metadata = {"issuer": "https://evil.example"}
    assert visitor.get("/sign-in/single").status_code == 503
    provider.metadata = {}
    assert visitor.get("/sign-in/single").status_code == 303


def test_what_the_provider_says_of_itself_is_asked_for_once(app: APIFlask, provider: Provider, visitor: Any) -> None:
    for _ in range(3):
        visitor.get("/sign-in/single")
    assert provider.asked == ["discovery"]


def test_24_single_sign_on_leads_to_own_pages_only(app: APIFlask, provider: Provider, visitor: Any) -> None:
    known(app, provider)
    assert sign_in(visitor, "/sign-in/single?next=//evil.example").headers["Location"] == "/"


def test_12_the_session_of_before_is_left_behind(app: APIFlask, provider: Provider, visitor: Any) -> None:
    known(app, provider)
    visitor.get("/sign-in")
    with visitor.session_transaction() as session:
        before = dict(session)
    sign_in(visitor)
    with visitor.session_transaction() as session:
        assert set(session) <= {"token", "csrf_token"}
        assert session.get("csrf_token") != before["csrf_token"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"OIDC_ISSUER": "http://sso.example", "OIDC_CLIENT_ID": "x"}, "https"),
        ({"OIDC_ISSUER": "http://127.0.0.1", "OIDC_CLIENT_ID": "x", "ENV": "production"}, "https"),
        ({"OIDC_ISSUER": "https://sso.example?x=1", "OIDC_CLIENT_ID": "x"}, "OIDC_ISSUER"),
        ({"OIDC_ISSUER": "https://sso.example"}, "OIDC_CLIENT_ID"),
        ({"OIDC_ISSUER": "https://sso.example", "OIDC_CLIENT_ID": "x", "OIDC_ACCOUNTS": "all"}, "OIDC_ACCOUNTS"),
    ],
)
def test_settings_that_cannot_be_meant_stop_the_start(said: dict[str, str], words: str) -> None:
    with pytest.raises(BadSetting, match=words):
        read_settings({f"GEOAPP_{name}": value for name, value in said.items()})
