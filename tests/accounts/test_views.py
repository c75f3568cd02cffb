"""Signing in through the page, rights at the door, sessions, the second factor, people and the audit, over HTTP."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from apiflask import APIFlask
from werkzeug.routing import IntegerConverter

from geoapp.accounts import actions, store
from geoapp.accounts.appointments import actions as appointments
from geoapp.accounts.people import Actor, system
from geoapp.accounts.roles import Grant, Rank
from geoapp.app import create_app
from geoapp.config import Settings
from geoapp.places.actions import load_places
from geoapp.places.records import PlaceRecord
from geoapp.web.rights import needs_token
from tests import signing_in
from tests.signing_in import held, make_person

pytestmark = pytest.mark.engines

PASSWORD = "correct horse battery"
STREET = ("110105", "110105012")
XIAGUANGLI, LIANGMA = (*STREET, "110105012023"), (*STREET, "110105012027")
JSON = {"Accept": "application/json"}


@pytest.fixture
def town(app: APIFlask) -> APIFlask:
    """One street with two communities, 霞光里 with a grid."""
    records = [
        PlaceRecord("110105", "朝阳区"),
        PlaceRecord("110105012", "麦子店街道"),
        PlaceRecord("110105012023", "霞光里"),
        PlaceRecord("110105012027", "亮马"),
        PlaceRecord("110105012023001", "第一网格"),
    ]
    from datetime import date

    load_places(app.extensions["geoapp"]["database"], records, on=date(2020, 1, 1), by=system("test"))
    return app


def database(app: APIFlask) -> Any:
    return app.extensions["geoapp"]["database"]


def with_password(app: APIFlask, login: str, *grants: Grant, demo: bool = False) -> Any:
    """A person who signs in by the page."""
    base = database(app)
    with base.transaction() as connection:
        person = appointments.create_person(
            base, connection, Actor(system="test"), name=f"姓名{login}", login=login, demo=demo,
            password_hash=actions.hash_password(PASSWORD),
        )  # fmt: skip
        for grant in grants:
            store.add_grant(connection, grant, person_id=person.id, body_id=None, by=None, at=person.created_at)
    return person


def token_of(page: Any) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def enter(client: Any, login: str, password: str = PASSWORD, **fields: str) -> Any:
    """Fill the page's form in and send it."""
    page = client.get("/sign-in")
    return client.post("/sign-in", data={"csrf_token": token_of(page), "login": login, "password": password, **fields})


def test_signing_in_leads_to_where_she_wanted_to_go_and_signing_out_ends_it(town: APIFlask, visitor: Any) -> None:
    with_password(town, "wang", held("community", XIAGUANGLI))
    asked = visitor.get("/people?place=110105012023")
    assert asked.status_code == 303
    assert asked.headers["Location"] == "/sign-in?next=/people?place%3D110105012023"
    answer = enter(visitor, "wang", next="/people?place=110105012023")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/people?place=110105012023")
    page = visitor.get("/people")
    assert "姓名wang" in page.text and "霞光里" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert visitor.post("/sign-out", data={"csrf_token": token_of(page)}).status_code == 303
    assert visitor.get("/people").status_code == 303
    assert visitor.get("/api/me").json["signed_in"] is False


def test_a_wrong_password_says_so_and_keeps_the_account(town: APIFlask, visitor: Any) -> None:
    with_password(town, "wang")
    answer = enter(visitor, "wang", "wrong password")
    assert answer.status_code == 403
    assert "账号或密码不对" in answer.text and 'value="wang"' in answer.text
    assert "wrong password" not in answer.text
    english = visitor.post("/sign-in?lang=en", data={"csrf_token": token_of(answer), "login": "wang", "password": "x"})
    assert "Account or password is wrong" in english.text


def test_a_visitor_sees_the_map_and_is_asked_to_sign_in_for_the_rest(visitor: Any) -> None:
    assert visitor.get("/api/layers").status_code == 200
    for address in ("/account", "/people", "/audit"):
        assert visitor.get(address).status_code == 303
    answer = visitor.get("/api/divisions/options")
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert visitor.post("/api/layers/import", headers=JSON).status_code == 401


def test_who_is_signed_in_without_the_right_is_refused_and_not_sent_to_the_form(
    app: APIFlask, visitor: Any, sign_in: Any
) -> None:
    officer = sign_in(app, visitor, "grid", XIAGUANGLI)
    assert officer.get("/people").status_code == 403
    assert officer.post("/api/layers/import", headers=JSON).status_code == 403


def test_me_tells_name_ranks_and_where_each_right_is_held(app: APIFlask, visitor: Any, sign_in: Any) -> None:
    sign_in(app, visitor, "planner", XIAGUANGLI)
    told = visitor.get("/api/me").json
    assert told["signed_in"] is True and told["ranks"] == ["规划人员"]
    assert told["rights"]["divisions.ask"] == ["110105012023"]
    assert "people.read" not in told["rights"]
    assert visitor.get("/api/me?lang=en").json["ranks"] == ["Planner"]


def test_a_planner_of_one_community_divides_no_other(town: APIFlask, visitor: Any, sign_in: Any) -> None:
    planner = sign_in(town, visitor, "planner", XIAGUANGLI)
    assert planner.get("/api/places/110105012023/divisions").status_code == 200
    assert planner.get("/api/places/110105012027/divisions").status_code == 403
    assert planner.post("/api/places/110105012027/divisions", json={}).status_code == 403


def test_24_next_leads_to_own_pages_only(app: APIFlask, visitor: Any) -> None:
    with_password(app, "wang")
    for elsewhere in ("//evil.example", "https:evil.example", "\\\\evil.example", "/\\evil.example", "javascript:x",
                      "/\t/evil.example", "https://evil.example/", "/a//b", "evil"):  # fmt: skip
        client = app.test_client()
        assert enter(client, "wang", next=elsewhere).headers["Location"] == "/"
        assert client.get("/sign-in", query_string={"next": elsewhere}).headers["Location"] == "/"
    assert enter(visitor, "wang", next="/people?x=1#v=2").headers["Location"] == "/people?x=1#v=2"


def test_11_every_change_needs_a_token(app: APIFlask, visitor: Any) -> None:
    """Each changing route of the url map, asked by somebody who holds every right, without the token: 400."""
    everything = make_person(database(app), *(held(rank) for rank in Rank if rank is not Rank.VISITOR))
    client = signing_in.enter(app, visitor, everything)
    del client.environ_base["HTTP_X_CSRF_TOKEN"]
    asked = 0
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        methods = sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"})
        if not methods or not needs_token(view):
            continue
        values = {name: 1 if isinstance(c, IntegerConverter) else "x" for name, c in rule._converters.items()}
        with app.test_request_context():
            from flask import url_for

            address = url_for(rule.endpoint, **values)
        for method in methods:
            answer = client.open(address, method=method, headers=JSON)
            assert answer.status_code == 400, (method, address, answer.status_code)
            assert "刷新页面" in answer.json["detail"]
            asked += 1
    assert asked >= 15


def test_11_a_token_of_another_session_is_refused(app: APIFlask, client: Any, visitor: Any) -> None:
    visitor.get("/sign-in")
    forged = token_of(visitor.get("/sign-in"))
    client.environ_base["HTTP_X_CSRF_TOKEN"] = forged
    assert client.post("/sign-out").status_code == 400


def test_11_cookies_are_lax_and_closed_to_scripts_and_secure_behind_tls(settings: Settings, app: APIFlask) -> None:
    with_password(app, "wang")
    cookies = enter(app.test_client(), "wang").headers.getlist("Set-Cookie")
    assert {each.split("=")[0] for each in cookies} == {"session", "known"}
    for each in cookies:
        assert "HttpOnly" in each and "SameSite=Lax" in each and "Secure" not in each
    over_tls = app.test_client()
    page = over_tls.get("/sign-in", base_url="https://localhost")
    assert "Secure" in page.headers["Set-Cookie"]
    production = create_app(replace(settings, env="production", public_url="https://geo.example.cn"))
    assert "Secure" in production.test_client().get("/sign-in").headers["Set-Cookie"]
    database(production).dispose()


def test_12_the_session_changes_at_sign_in_and_at_a_change_of_rank(
    town: APIFlask, visitor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = with_password(town, "wang", held("grid", XIAGUANGLI))

    def token() -> str | None:
        with visitor.session_transaction() as session:
            return session.get("token")

    visitor.get("/sign-in")
    assert token() is None
    enter(visitor, "wang")
    first = token()
    assert first is not None
    today = datetime.now(UTC).date()
    appointments.appoint(
        database(town), Actor(system="test"), person.key, rank=Rank.COMMUNITY, place=XIAGUANGLI, on=today, until=None
    )
    visitor.get("/account")
    second = token()
    assert second not in (None, first)
    assert visitor.get("/people").status_code == 200
    stolen = town.test_client()
    with stolen.session_transaction() as session:
        session["token"] = first
    # Requests that run beside the one that exchanged the token may still look, for five seconds, and change nothing.
    assert stolen.get("/people").status_code == 200
    form = token_of(stolen.get("/people/invite"))
    sent = {"csrf_token": form, "name": "x", "login": "x", "rank": "grid", "place": XIAGUANGLI[-1]}
    assert stolen.post("/people/invite", data=sent).status_code == 401
    with stolen.session_transaction() as session:
        assert session["token"] == first
    monkeypatch.setattr(store, "LATE", timedelta(0))
    assert stolen.get("/people").status_code == 303
    assert visitor.get("/people").status_code == 200


def test_12_a_cookie_kept_from_before_the_sign_out_is_worth_nothing(app: APIFlask, visitor: Any) -> None:
    with_password(app, "wang")
    enter(visitor, "wang")
    kept = visitor.get_cookie("session").value
    visitor.post("/sign-out", data={"csrf_token": token_of(visitor.get("/account"))})
    visitor.set_cookie("session", kept)
    assert visitor.get("/account").status_code == 303


def test_12_a_new_password_ends_the_other_sessions_and_a_session_can_be_ended(app: APIFlask, visitor: Any) -> None:
    with_password(app, "wang")
    other, third = app.test_client(), app.test_client()
    for client in (visitor, other, third):
        enter(client, "wang")
    page = visitor.get("/account")
    assert page.text.count("结束这次登录") == 2
    ends = re.findall(r"/account/sessions/(\w+)/end", page.text)
    visitor.post(f"/account/sessions/{ends[0]}/end", data={"csrf_token": token_of(page)})
    assert sorted(client.get("/account").status_code for client in (other, third)) == [200, 303]
    new = {"old": PASSWORD, "new": "another long phrase", "again": "another long phrase"}
    wrong = visitor.post("/account/password", data={**new, "old": "x", "csrf_token": token_of(page)})
    assert wrong.status_code == 403 and "原密码不对" in wrong.text
    assert visitor.post("/account/password", data={**new, "csrf_token": token_of(page)}).status_code == 303
    assert [client.get("/account").status_code for client in (visitor, other, third)] == [200, 303, 303]


def test_6_nobody_ends_the_session_of_another(app: APIFlask, visitor: Any, client: Any) -> None:
    with_password(app, "wang")
    enter(visitor, "wang")
    with database(app).reading() as connection:
        key = connection.exec_driver_sql(
            "SELECT session.key FROM session JOIN person ON person.id = person_id WHERE login = 'wang'"
        ).scalar_one()
    assert client.post(f"/account/sessions/{key}/end").status_code == 404
    assert visitor.get("/account").status_code == 200


def test_the_second_factor_is_set_up_by_picture_and_asked_for_after_the_password(
    app: APIFlask, visitor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_password(app, "wang")
    enter(visitor, "wang")
    page = visitor.post("/account/second-factor", data={"csrf_token": token_of(visitor.get("/account"))})
    assert "data:image/png;base64," in page.text
    letters = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text)
    assert letters
    totp = pyotp.TOTP(letters[1].replace(" ", ""))
    sent = {"csrf_token": token_of(page)}
    refused = visitor.post("/account/second-factor/confirm", data={**sent, "code": "000000"})
    assert refused.status_code == 400 and "验证码不对" in refused.text
    shown = visitor.post("/account/second-factor/confirm", data={**sent, "code": totp.now()})
    codes = re.findall(r"<li><code>([0-9a-f]{10})</code></li>", shown.text)
    assert len(codes) == actions.RECOVERY_CODES

    elsewhere = app.test_client()
    answer = enter(elsewhere, "wang", next="/account")
    assert answer.headers["Location"] == "/sign-in/code?next=/account"
    assert elsewhere.get("/account").status_code == 303
    form = elsewhere.get("/sign-in/code?next=/account")
    sent = {"csrf_token": token_of(form), "next": "/account"}
    wrong = elsewhere.post("/sign-in/code", data={**sent, "code": "000000"})
    assert wrong.status_code == 403
    assert elsewhere.post("/sign-in/code", data={**sent, "code": codes[0]}).headers["Location"] == "/account"
    assert elsewhere.get("/account").status_code == 200


def test_the_password_alone_opens_nothing_and_ends_after_five_minutes(
    app: APIFlask, visitor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = with_password(app, "wang")
    secret = pyotp.random_base32()
    with database(app).transaction() as connection:
        store.change_person(connection, person.id, totp_secret=secret)
    enter(visitor, "wang")
    sent = {"csrf_token": token_of(visitor.get("/sign-in/code")), "code": pyotp.TOTP(secret).now()}
    from geoapp.accounts import views

    late = datetime.now(UTC) + timedelta(seconds=301)
    monkeypatch.setattr(views, "utcnow", lambda: late)
    assert "登录已过期" in visitor.post("/sign-in/code", data=sent).text
    assert visitor.get("/account").status_code == 303


def test_13_strangers_close_an_account_to_strangers_and_not_to_the_browser_it_knows(
    app: APIFlask, visitor: Any
) -> None:
    """Ten wrong passwords from ten addresses; the eleventh waits, the owner's own browser does not."""
    with_password(app, "wang")
    enter(visitor, "wang")
    visitor.post("/sign-out", data={"csrf_token": token_of(visitor.get("/account"))})
    for number in range(10):
        stranger = app.test_client()
        stranger.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
        assert enter(stranger, "wang", "wrong password").status_code == 403
    stranger = app.test_client()
    stranger.environ_base["REMOTE_ADDR"] = "198.51.100.99"
    closed = enter(stranger, "wang")
    assert closed.status_code == 429 and 0 < int(closed.headers["Retry-After"]) <= 91
    assert enter(visitor, "wang").status_code == 303
    forged = app.test_client()
    forged.environ_base["REMOTE_ADDR"] = "198.51.100.98"
    forged.set_cookie("known", "eyJ4IjoieSJ9.forged", path="/sign-in")
    assert enter(forged, "wang").status_code == 429


def test_13_an_address_that_guesses_is_slowed_and_no_other(app: APIFlask, visitor: Any) -> None:
    with_password(app, "wang")
    for number in range(30):
        assert enter(visitor, f"guess{number}", "wrong password").status_code == 403
    assert enter(visitor, "guess31", "wrong password").status_code == 429
    elsewhere = app.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    assert enter(elsewhere, "wang").status_code == 303


def test_8_known_and_unknown_accounts_get_the_same_page(app: APIFlask, visitor: Any) -> None:
    with_password(app, "wang")
    pages = {enter(visitor, login, "wrong password").text.replace(login, "") for login in ("wang", "gnaw")}
    plain = {re.sub(r'value="[^"]*"|content="[^"]*"', "", page) for page in pages}
    assert len(plain) == 1


def test_8_an_account_that_is_not_there_costs_as_much_to_refuse(
    app: APIFlask, visitor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hash is compared for each: known, unknown, without a password, ended; and the answer is the same."""
    with_password(app, "wang")
    make_person(database(app), login="li")
    ended = with_password(app, "zhao")
    appointments.end_person(database(app), Actor(system="test"), ended.key, on=database(app).today())
    compared = []
    monkeypatch.setattr(
        actions, "verify_password", lambda hashed, password: compared.append(hashed is not None) or False
    )
    answers = [enter(visitor, login, "wrong password") for login in ("wang", "nobody", "li", "zhao")]
    assert compared == [True, False, False, False]
    assert {answer.status_code for answer in answers} == {403}


def test_6_keys_of_other_places_tell_nothing(town: APIFlask, visitor: Any, sign_in: Any) -> None:
    """People, their exports and the audit about them, by key, from next door and by nobody: 404, or the sign-in."""
    base = database(town)
    hers = make_person(base, held("grid", LIANGMA), login="hers")
    chief = sign_in(town, town.test_client(), "community", XIAGUANGLI)
    answers = [chief.get(f"/people/{key}") for key in (hers.key, "0123456789abcdef")]
    assert [answer.status_code for answer in answers] == [404, 404]
    varying = r'<p class="small">.*?</p>|content="[^"]*"|value="[^"]*"'
    assert len({re.sub(varying, "", answer.text) for answer in answers}) == 1
    assert "hers" not in chief.get(f"/audit?subject={hers.key}").text
    assert visitor.get(f"/people/{hers.key}").status_code == 303
    for number in range(1, 12):
        assert chief.post(f"/people/{hers.key}/grants/{number}/end").status_code == 404


def test_34_looking_at_an_invitation_uses_nothing_up_and_it_works_once(
    town: APIFlask, visitor: Any, sign_in: Any
) -> None:
    chief = sign_in(town, town.test_client(), "community", XIAGUANGLI)
    sent = {"name": "李", "login": "li", "rank": "grid", "place": "110105012023001 第一网格", "until": ""}
    page = chief.post("/people/invite", data=sent)
    link = re.search(r'value="http://localhost(/invitation/[^"]+)"', page.text)
    assert link, page.text
    for _ in range(3):
        form = visitor.get(link[1])
        assert form.status_code == 200 and "李" in form.text
    assert (form.headers["Referrer-Policy"], form.headers["Cache-Control"]) == ("no-referrer", "no-store")
    new = {"csrf_token": token_of(form), "new": PASSWORD, "again": PASSWORD}
    weak = visitor.post(link[1], data={**new, "new": "1234567890", "again": "1234567890"})
    assert weak.status_code == 400 and "太常见" in weak.text
    assert visitor.post(link[1], data=new).headers["Location"] == "/sign-in"
    assert visitor.get(link[1]).status_code == 404
    assert enter(visitor, "li").status_code == 303
    assert visitor.get("/api/me").json["ranks"] == ["网格员"]


def test_a_community_manages_those_below_and_sees_no_neighbour(town: APIFlask, visitor: Any, sign_in: Any) -> None:
    base = database(town)
    mine = make_person(base, held("grid", (*XIAGUANGLI, "110105012023001")), login="mine")
    hers = make_person(base, held("grid", LIANGMA), login="hers")
    street = make_person(base, held("subdistrict", STREET), login="street")
    chief = sign_in(town, visitor, "community", XIAGUANGLI)
    listed = chief.get("/people").text
    assert "mine" in listed and "hers" not in listed and ">street<" not in listed
    for other in (hers, street):
        assert chief.get(f"/people/{other.key}").status_code == 404
        for verb in ("grants", "end", "reset-link"):
            sent = {"rank": "grid", "place": "110105012023"}
            assert chief.post(f"/people/{other.key}/{verb}", data=sent).status_code == 404
    assert chief.get("/people?place=110105012027").status_code == 404
    page = chief.get(f"/people/{mine.key}").text
    number = re.search(r"/grants/(\d+)/end", page)
    assert number
    assert chief.post(f"/people/{mine.key}/grants/{number[1]}/end").status_code == 303
    assert "不在有效期" not in page
    assert "不在有效期" in chief.get(f"/people/{mine.key}").text
    assert chief.post(f"/people/{mine.key}/grants/{number[1]}/end").status_code == 404


def test_a_grant_withdrawn_on_its_first_day_gives_no_right_from_then_on(town: APIFlask, visitor: Any) -> None:
    base, today = database(town), database(town).today()
    person = make_person(base)
    by = Actor(system="test")
    number = appointments.appoint(base, by, person.key, rank=Rank.COMMUNITY, place=XIAGUANGLI, on=today, until=None)
    signing_in.enter(town, visitor, person)
    assert visitor.get("/people").status_code == 200
    appointments.revoke(base, by, number, on=today)
    assert visitor.get("/people").status_code == 403
    assert visitor.get("/account").status_code == 200


def test_a_day_before_today_ends_no_invitation_in_a_fault(town: APIFlask, visitor: Any, sign_in: Any) -> None:
    chief = sign_in(town, visitor, "community", XIAGUANGLI)
    sent = {"name": "x", "login": "x", "rank": "grid", "place": XIAGUANGLI[-1], "until": "2020-01-01"}
    assert chief.post("/people/invite", data=sent).status_code == 400
    assert chief.post("/people/invite", data={**sent, "until": "soon"}).status_code == 400


def test_34_a_new_password_and_a_new_link_use_older_links_up(town: APIFlask, visitor: Any, sign_in: Any) -> None:
    base, today = database(town), database(town).today()
    person = with_password(town, "li", held("grid", XIAGUANGLI))
    links = [appointments.reset_link(base, Actor(system="test"), person.key, on=today) for _ in range(2)]
    assert [visitor.get(f"/invitation/{link}").status_code for link in links] == [404, 200]
    actions.set_password(base, Actor(person), person, "another long phrase")
    assert visitor.get(f"/invitation/{links[1]}").status_code == 404
    last = appointments.reset_link(base, Actor(system="test"), person.key, on=today)
    appointments.end_person(base, Actor(system="test"), person.key, on=today)
    assert visitor.get(f"/invitation/{last}").status_code == 404


def test_who_manages_her_turns_the_second_factor_off_when_her_phone_is_lost(
    town: APIFlask, visitor: Any, sign_in: Any
) -> None:
    person = with_password(town, "li", held("grid", XIAGUANGLI))
    with database(town).transaction() as connection:
        store.change_person(connection, person.id, totp_secret=pyotp.random_base32())
    assert enter(visitor, "li").headers["Location"].startswith("/sign-in/code")
    chief = sign_in(town, town.test_client(), "community", XIAGUANGLI)
    assert "关闭两步验证" in chief.get(f"/people/{person.key}").text
    assert chief.post(f"/people/{person.key}/second-factor/end").status_code == 303
    assert enter(visitor, "li").headers["Location"] == "/"


@pytest.mark.parametrize(
    ("rank", "place"), [("subdistrict", "110105012023"), ("community", "110105012023"), ("grid", "110105012027"),
                        ("grid", "110105012"), ("administrator", ""), ("grid", ""), ("king", "110105012023")],
)  # fmt: skip
def test_15_nobody_raises_herself_or_another_beyond_her_place(
    town: APIFlask, visitor: Any, rank: str, place: str
) -> None:
    person = make_person(database(town), held("community", XIAGUANGLI))
    other = make_person(database(town), held("grid", XIAGUANGLI))
    signing_in.enter(town, visitor, person)
    for whom in (person, other):
        answer = visitor.post(f"/people/{whom.key}/grants", data={"rank": rank, "place": place})
        assert answer.status_code in (400, 403), answer.text
    answer = visitor.post("/people/invite", data={"name": "x", "login": "x", "rank": rank, "place": place})
    assert answer.status_code in (400, 403)
    with database(town).reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM grant_").scalar_one() == 2


def test_16_fields_that_no_form_has_change_nothing(town: APIFlask, visitor: Any, sign_in: Any) -> None:
    chief = sign_in(town, visitor, "community", XIAGUANGLI)
    sent = {"name": "李", "login": "li", "rank": "grid", "place": "110105012023"}
    extra = {"demo": "1", "password_hash": "x", "id": "1", "key": "chosen", "granted_by": "1", "totp_secret": "x"}
    assert chief.post("/people/invite", data=sent | extra).status_code == 200
    with database(town).reading() as connection:
        row = connection.exec_driver_sql("SELECT * FROM person WHERE login = 'li'").one()
    assert row.key != "chosen" and not row.demo and row.password_hash is None and row.totp_secret is None


def test_30_the_audit_is_read_by_place(town: APIFlask, visitor: Any, sign_in: Any) -> None:
    base = database(town)
    system, today = Actor(system="test"), datetime.now(UTC).date()
    for login, place in (("mine", XIAGUANGLI), ("hers", LIANGMA)):
        appointments.invite(
            base, system, name=f"姓名{login}", login=login, rank=Rank.GRID, place=place, on=today, until=None
        )
    chief = sign_in(town, visitor, "community", XIAGUANGLI)
    page = chief.get("/audit").text
    assert "姓名mine" in page and "授权" in page and "姓名hers" not in page
    assert "身份：— → 网格员" in page and "截止" not in page
    assert chief.get("/audit?place=110105012027").status_code == 404
    everything = sign_in(town, town.test_client(), "administrator").get("/audit").text
    assert "姓名mine" in everything and "姓名hers" in everything
    assert chief.get("/audit?before=x").status_code == 400


def test_demo_accounts_are_offered_and_production_knows_none(settings: Settings, app: APIFlask, visitor: Any) -> None:
    with_password(app, "planner", held("planner"), demo=True)
    page = visitor.get("/sign-in")
    assert "演示账号" in page.text and "xiaguangli-demo" in page.text
    assert enter(visitor, "planner").status_code == 303
    cookie = visitor.get_cookie("session").value
    production = create_app(replace(settings, env="production"))
    client = production.test_client()
    page = client.get("/sign-in", base_url="https://localhost")
    assert "演示账号" not in page.text
    sent = {"csrf_token": token_of(page), "login": "planner", "password": PASSWORD}
    refused = client.post("/sign-in", data=sent, base_url="https://localhost")
    assert refused.status_code == 403 and "账号或密码不对" in refused.text
    late = production.test_client()
    late.set_cookie("session", cookie)
    assert late.get("/api/me").json["signed_in"] is False
    database(production).dispose()


def test_an_unknown_permission_keeps_the_app_from_starting(app: APIFlask) -> None:
    from geoapp.accounts.guards import require_known_permissions
    from geoapp.accounts.roles import UnknownPermission
    from geoapp.web.rights import needs

    require_known_permissions(app)
    app.add_url_rule("/odd", "odd", needs("everything.at-once")(lambda: ""))
    with pytest.raises(UnknownPermission, match="everything"):
        require_known_permissions(app)
