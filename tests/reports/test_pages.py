"""A door's code, an officer, a property manager behind a link, a second person, 没修好, the secretary, the end."""

from __future__ import annotations

import re
from typing import Any

from apiflask import APIFlask

from geoapp.accounts.people import Actor
from geoapp.files import secret_key
from geoapp.reports.doors.actions import NewDoor, make_doors
from geoapp.reports.doors.tokens import token
from tests.reports.world import GRID, HOME, Town, officer, spot


def door_address(town: Town) -> str:
    """The path in the code on a door of grid 001."""
    place = spot(0.5, 3.0)
    new = NewDoor(building="3号楼", unit="2单元", compound="绿景苑", lonlat=(place.lon, place.lat), managed=True)
    (door,) = make_doors(town.database, Actor(system="test"), [new])
    return f"/d/{token(door.key, secret_key(town.database.settings.data))}"


def key_of(page: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page)
    assert found
    return found[1]


def send(app: APIFlask, address: str, **fields: str) -> tuple[Any, str]:
    """A resident's browser without a script or an account; gives it and the receipt's path."""
    phone = app.test_client()
    page = phone.get(address).text
    answer = phone.post(address, data={"key": key_of(page), **fields})
    assert answer.status_code == 303, answer.text
    return phone, answer.location.partition("?")[0]


def do(client: Any, case: str, event: str, **fields: Any) -> Any:
    """Fill a form of the case's page in, as it stands there."""
    seen = re.search(r'name="seen" value="(\d+)"', client.get(case).text)
    assert seen
    answer = client.post(f"{case}/do/{event}", data={"seen": seen[1], **fields})
    assert answer.status_code == 303, answer.text
    return answer


def only_case(client: Any, which: str = "place") -> str:
    """Path of the one case in a list."""
    found = re.findall(r'href="(/cases/[0-9a-f]{16})"', client.get(f"/cases?which={which}").text)
    assert len(set(found)) == 1
    return str(found[0])


def test_from_the_door_to_the_verified_end_and_back(app: APIFlask, town: Town) -> None:
    phone, receipt = send(app, door_address(town), words="电动车上楼了", phone="13800138000")
    assert "收到了" in phone.get(receipt).text

    grid = officer(app, town, "grid")
    case = only_case(grid)
    page = grid.get(case).text
    assert "电动车上楼了" in page
    assert "绿景苑3号楼2单元" in page
    assert "13800138000" not in page, "the number shows only when it is asked for"
    do(grid, case, "accept")
    assert "办理中" in phone.get(receipt).text
    do(grid, case, "assign", lead=town.bodies["property"])

    # The property manager has no account: a link, one answer.
    page = grid.get(case).text
    assignment = re.search(r'name="assignment" value="(\d+)"', page)
    assert assignment
    made = grid.post(f"{case}/link", data={"assignment": assignment[1]}).text
    link = re.search(r"http://localhost(/h/[\w.-]+)", made)
    assert link
    outside = app.test_client()
    seen = outside.get(link[1]).text
    assert "电动车上楼了" in seen
    assert "绿景苑3号楼2单元" in seen
    assert "13800138000" not in seen
    assert outside.post(link[1], data={"text": "已劝下楼", "outcome": "done"}).status_code == 200
    assert outside.get(link[1]).status_code == 404
    assert outside.post(link[1], data={"text": "再答一次", "outcome": "done"}).status_code == 404

    # Another person than the one who gave it away may check it; here the officer did not answer it herself.
    second = officer(app, town, "second")
    do(second, case, "verify")
    page = phone.get(receipt).text
    assert "办完了" in page
    assert "已劝下楼" in page
    assert "超期" not in page
    # First the question whether it is done; what is still to be said folds away.
    assert "<details><summary>没修好？" in page

    # It was not mended: the secretary has it now.
    phone.post(f"{receipt}/not-mended", data={"words": "今天又推上来了"})
    assert town.case(case.rpartition("/")[2]).duty_code == HOME
    secretary = officer(app, town, "secretary")
    assert only_case(secretary) == case
    do(secretary, case, "accept")
    do(secretary, case, "answer", text="装了梯控", outcome="done")
    assert secretary.post(f"{case}/do/verify", data={"seen": "99"}).status_code == 409
    do(second, case, "verify")
    phone.post(f"{receipt}/judge", data={"solved": "yes", "satisfied": "yes"})
    assert "解决了 · 满意" in secretary.get(case).text
    assert town.kinds(case.rpartition("/")[2]).count("close") == 2


def test_the_number_is_read_for_a_purpose_and_told_of(app: APIFlask, town: Town) -> None:
    send(app, door_address(town), words="楼道灯不亮", phone="13800138000")
    grid = officer(app, town, "grid")
    case = only_case(grid)
    shown = grid.post(f"{case}/contact", data={"purpose": "核实情况"})
    assert "13800138000" in shown.text
    assert "查看联系方式" in grid.get(case).text
    east = officer(app, town, "east")
    assert east.get(case).status_code == 404
    assert east.post(f"{case}/contact", data={"purpose": "核实情况"}).status_code in {403, 404}


def test_sending_twice_under_one_key_is_one_report(app: APIFlask, town: Town) -> None:
    address, phone = door_address(town), app.test_client()
    key = key_of(phone.get(address).text)
    answers = [phone.post(address, data={"key": key, "words": "垃圾没清"}) for _ in range(3)]
    assert len({answer.location.partition("?")[0] for answer in answers}) == 1
    assert only_case(officer(app, town, "grid"))


def test_what_is_wrong_is_said_and_the_words_stay(app: APIFlask, town: Town) -> None:
    phone = app.test_client()
    key = key_of(phone.get("/report").text)
    answer = phone.post("/report", data={"key": key, "words": "路灯不亮", "phone": "打我电话"})
    assert answer.status_code == 400
    assert "路灯不亮" in answer.text
    assert "电话号码不对" in answer.text
    assert "说说在哪儿" in answer.text


def test_25_a_door_code_that_we_did_not_sign_or_that_was_revoked_opens_nothing(app: APIFlask, town: Town) -> None:
    from geoapp.reports.doors.actions import revoke_doors

    address, phone = door_address(town), app.test_client()
    assert phone.get(address).status_code == 200
    assert phone.get(address[:-1] + ("A" if address[-1] != "A" else "B")).status_code == 404
    with town.database.reading() as connection:
        from geoapp.reports.doors.store import doors_at

        (door,) = doors_at(connection, GRID)
    revoke_doors(town.database, Actor(system="test"), [door.key])
    answer = phone.get(address)
    assert answer.status_code == 404
    assert "停用" in answer.text
    assert "Set-Cookie" not in answer.headers or "session" not in answer.headers["Set-Cookie"]


def test_a_link_ends_when_it_is_revoked_and_when_the_case_is_given_to_another(app: APIFlask, town: Town) -> None:
    send(app, door_address(town), words="树枝断了")
    grid = officer(app, town, "grid")
    case = only_case(grid)
    do(grid, case, "accept")
    do(grid, case, "assign", lead=town.bodies["property"])
    links = []
    for _ in range(2):
        assignment = re.findall(r'name="assignment" value="(\d+)"', grid.get(case).text)[-1]
        made = grid.post(f"{case}/link", data={"assignment": assignment}).text
        links.append(re.findall(r"http://localhost(/h/[\w.-]+)", made)[0])
    revoke = re.findall(rf'action="({case}/link/[\w-]+/revoke)"', grid.get(case).text)
    assert len(revoke) == 2
    grid.post(revoke[0])  # the newest stands first
    outside = app.test_client()
    assert [outside.get(link).status_code for link in links] == [200, 404]
    do(grid, case, "assign", lead=town.bodies["parks"])
    assert outside.get(links[0]).status_code == 404


def test_many_are_accepted_at_once_and_that_is_taken_back(app: APIFlask, town: Town) -> None:
    for words in ("垃圾没清", "灯不亮"):
        send(app, door_address(town), words=words)
    grid = officer(app, town, "grid")
    picked = re.findall(r'name="keys" value="([0-9a-f]{16}:\d+)"', grid.get("/cases").text)
    assert len(picked) == 2
    done = grid.post("/cases/bulk", data={"keys": picked, "action": "accept", "which": "place"})
    keys = [each.partition(":")[0] for each in picked]
    assert {town.case(key).stage for key in keys} == {"handle"}
    undo = re.search(r'action="(/cases/bulk/\w+/undo)"', grid.get(done.location).text)
    assert undo
    grid.post(undo[1])
    assert {town.case(key).stage for key in keys} == {"collect"}


def test_what_a_form_hid_by_itself_is_found_and_brought_back(app: APIFlask, town: Town) -> None:
    """A browser that fills in every field: who may bring her report back sees a list for it, nobody else does."""
    key = town.send("楼道灯坏了", trap="http://spam.example").report_key
    secretary = officer(app, town, "secretary")
    grid = officer(app, town, "grid")
    assert "which=hidden" in secretary.get("/cases").text and "which=hidden" not in grid.get("/cases").text
    listed = secretary.get("/cases?which=hidden").text
    assert f"{key}:1" in listed and 'value="unhide"' in listed and 'value="accept"' not in listed
    page = secretary.get(f"/cases/{key}").text
    assert '<span class="chip">已隐藏</span>' in page and "像是机器写的" in page
    form = {"keys": f"{key}:1", "action": "unhide", "which": "hidden"}
    assert secretary.post("/cases/bulk", data=form).status_code == 303
    assert f"{key}:2" in grid.get("/cases").text and "已隐藏" not in secretary.get(f"/cases/{key}").text


def test_the_page_of_a_case_is_there_in_english(app: APIFlask, town: Town) -> None:
    send(app, door_address(town), words="垃圾没清")
    grid = officer(app, town, "grid")
    case = only_case(grid)
    page = grid.get(f"{case}?lang=en").text
    assert "What to do now" in page
    assert re.search(r">Accept</button>", page), "a button says what it will do, not what was done"
    assert "“Answer” is not possible" in grid.post(f"{case}/do/answer", data={"seen": "1", "text": "好了"}).text


def test_a_call_is_taken_down_at_the_counter(app: APIFlask, town: Town) -> None:
    grid = officer(app, town, "grid")
    key = key_of(grid.get("/cases/new").text)
    nothing = grid.post("/cases/new", data={"key": key, "words": "", "phone": "号码"})
    assert nothing.status_code == 400
    assert "电话号码不对" in nothing.text
    form = {
        "key": key,
        "words": "楼下垃圾没人清",
        "address": "绿景苑3号楼",
        "phone": "13800138000",
        "wants_call": "yes",
    }
    taken = grid.post("/cases/new", data=form)
    assert taken.status_code == 200
    number = re.search(r"\d{3}-\d{3}-\d{3}", taken.text)
    assert number
    assert number[0] in grid.post("/cases/new", data=form).text, "pressed twice, it is one"
    case = town.case(only_case(grid).rpartition("/")[2])
    assert (case.place_code, case.kind, case.channel, case.address) == (GRID, "rubbish", "phone", "绿景苑3号楼")


def test_news_are_ones_own_and_stay_new_until_one_says_so(app: APIFlask, town: Town) -> None:
    """The grid officer is told of a new report; looking changes nothing, the button does, and the head counts."""
    send(app, door_address(town), words="路灯坏了")
    grid, secretary = officer(app, town, "grid"), officer(app, town, "secretary")
    for _ in range(2):
        page = grid.get("/news").text
        assert "新的反映" in page and "待分类" in page and '<span class="badge">1</span>' in page
    assert "新的反映" not in secretary.get("/news").text
    newest = re.search(r'name="newest" value="(\d+)"', page)
    assert newest
    secretary.post("/news/seen", data={"newest": newest[1]})  # hers alone
    assert "badge" in grid.get("/cases").text
    grid.post("/news/seen", data={"newest": newest[1]})
    page = grid.get("/news").text
    assert "新的反映" in page and "badge" not in page
    assert app.test_client().get("/news").status_code in {302, 303, 401}
