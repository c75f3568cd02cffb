"""Reports from a resident's phone to the end, each by the people whose turn it is, in a real browser."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from geoapp.db import utcnow
from tests.journeys.scene import Scene, open_scene
from tests.places.street import HOME
from tests.reports.photos import corpus
from tests.reports.world import spot

pytestmark = pytest.mark.browser
#: What no public picture may carry.
CAMERA = corpus.tiff(corpus.CAMERA, inner=corpus.INNER, gps=corpus.GPS)


@pytest.fixture(scope="module")
def street(
    migrated: Path, tmp_path_factory: pytest.TempPathFactory, browser: Any, built_client: None
) -> Iterator[Scene]:
    """One server for all journeys."""
    with open_scene(tmp_path_factory.mktemp("street"), migrated, browser) as scene:
        yield scene


@pytest.fixture
def scene(street: Scene) -> Iterator[Scene]:
    yield street
    street.close()


def photo(name: str = "IMG_0001.jpg", width: int = 800) -> dict[str, Any]:
    """A photograph as a phone's camera makes it: it says where and by which camera it was taken."""
    data = corpus.with_exif(CAMERA, corpus.jpeg(corpus.scene(width, 600)))
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def press(page: Any, event: str) -> None:
    """Press the button of an event's form on the page of a case."""
    form = page.locator(f'form[action$="/do/{event}"]').first
    if not form.is_visible():
        page.locator("details", has=form).locator("summary").first.click()
    form.locator("button[type=submit], button").last.click()


def open_case(page: Any, words: str, which: str = "place") -> None:
    """From the list to the case with these words."""
    page.goto(f"/cases?which={which}")
    page.locator(".case-row", has_text=words).locator("a").first.click()
    page.locator("h1").wait_for()


def reload_until(page: Any, selector: str) -> Any:
    """Look again now and then until something is there, as a person does."""
    for _ in range(40):
        found = page.locator(selector)
        if found.count():
            return found.first
        page.wait_for_timeout(250)
        page.reload()
    raise AssertionError(f"{selector} never came: {page.locator('main').inner_text()}")


def is_drawn(image: Any) -> bool:
    return bool(image.evaluate("i => i.decode().then(() => i.naturalWidth > 0, () => false)"))


def case_of(scene: Scene, page: Any) -> Any:
    """The case of a desk's page as the database has it."""
    return scene.town.case(re.search(r"/cases/([0-9a-f]{16})", page.url)[1])  # type: ignore[index]


def test_from_the_door_without_a_script_to_not_mended_and_the_end(scene: Scene) -> None:
    """A resident whose phone runs no script; the grid's officer; the property manager, who has a link and no account; a
    second person; the secretary, because it was not mended."""
    phone = scene.phone(script=False)
    phone.goto(scene.door("3号楼"))
    phone.set_input_files("#photos", photo())
    phone.fill("#words", "楼道灯不亮，老人摸黑上楼")
    phone.get_by_role("button", name="提交").click()
    assert "收到了，谢谢您" in phone.locator("main").inner_text()
    receipt = phone.url.partition("?")[0]
    phone.goto(receipt)
    assert is_drawn(reload_until(phone, ".photos img"))

    grid = scene.desk("grid")
    open_case(grid, "摸黑上楼")
    assert "绿景苑3号楼2单元" in grid.locator("main").inner_text()
    assert is_drawn(grid.locator(".case-photos img").first)
    press(grid, "accept")
    phone.reload()
    assert "办理中" in phone.locator(".state").inner_text()
    grid.locator("details", has=grid.locator('form[action$="/do/assign"]')).locator("summary").click()
    grid.locator("#assign-lead").select_option(label="物业")
    press(grid, "assign")
    grid.get_by_role("button", name="做一条发给他们的话和链接").click()
    shared = grid.locator("#share-text").input_value()
    assert "绿景苑3号楼2单元" in shared
    link = re.search(r"http\S+/h/\S+", shared)
    assert link

    outside = scene.phone(script=False)
    outside.goto(link[0])
    assert "摸黑上楼" in outside.locator("main").inner_text()
    assert is_drawn(outside.locator("main img").first)
    assert outside.evaluate("document.documentElement.scrollWidth") == 360, "nothing stands out on a phone"
    outside.fill("#text", "换了灯泡")
    outside.set_input_files("#photos", photo("after.jpg", 900))
    outside.get_by_role("button", name="回复").click()
    assert "收到了，谢谢" in outside.locator("h1").inner_text()

    second = scene.desk("second")
    open_case(second, "楼道", "check")
    reload_until(second, ".case-photos li:nth-child(2) img")
    press(second, "verify")
    phone.reload()
    assert "办完了" in phone.locator(".state").inner_text()
    assert "换了灯泡" in phone.locator("main").inner_text()
    phone.get_by_text("没修好？").click()
    phone.fill("#again-words", "三层的还是不亮")
    phone.get_by_role("button", name="没修好，请再办").click()
    assert "办完了" not in phone.locator(".state").inner_text()
    assert "三层的还是不亮" in phone.locator("main").inner_text()

    secretary = scene.desk("secretary")
    open_case(secretary, "楼道")
    assert case_of(scene, secretary).duty_code == HOME, "a level up"
    assert "三层的还是不亮" in secretary.locator("main").inner_text()
    press(secretary, "accept")
    secretary.fill("#answer-text", "换了三层的线路")
    press(secretary, "answer")
    second.reload()
    press(second, "verify")
    phone.reload()
    phone.get_by_label("解决了", exact=True).check()
    phone.get_by_label("满意", exact=True).check()
    phone.get_by_role("button", name="告诉他们").click()
    assert "换了三层的线路" in phone.locator("main").inner_text()
    assert "您说：解决了，满意" in phone.locator("main").inner_text()
    secretary.reload()
    assert "解决了 · 满意" in secretary.locator(".facts").inner_text()
    case = case_of(scene, secretary)
    assert (case.stage, case.reopened, case.solved, case.satisfied) == ("evaluate", 1, True, True)


def test_two_bodies_come_when_they_are_called(scene: Scene) -> None:
    """吹哨: the grid's officer calls 物业 and 园林局; each says that it responds and that it is there, and when."""
    scene.town.send("废铁架压住电线", kind="piles", x=0.2, now=utcnow())
    grid = scene.desk("grid")
    open_case(grid, "压住电线")
    press(grid, "accept")
    form = grid.locator('form[action$="/do/call"]')
    grid.locator("details", has=form).locator("summary").click()
    for name in ("物业", "园林局"):
        form.get_by_label(name).check()
    form.locator("textarea[name=reason]").fill("要吊走，也要断电")
    form.locator("button").click()
    grid.locator(".assignments li", has_text="吹哨").nth(1).wait_for()
    for name, title in (("manager", "物业"), ("parks", "园林局")):
        body = scene.desk(name)
        open_case(body, "压住电线", "mine")
        offered = body.locator(".assignments li", has=body.locator("button"))
        assert [line.split(" · ")[0] for line in offered.all_inner_texts()] == [title], "its own call, no other's"
        body.get_by_role("button", name="记下：已响应").click()
        body.get_by_role("button", name="记下：已到场").click()
    grid.reload()
    lines = grid.locator(".assignments li", has_text="吹哨").all_inner_texts()
    assert sorted(line.split(" · ")[0] for line in lines) == ["园林局", "物业"]
    for line in lines:
        assert re.search(r"派出 .*\d\d:\d\d · 响应 .*\d\d:\d\d · 到场 .*\d\d:\d\d", line), line
    log = grid.locator(".log").inner_text()
    assert (log.count("响应"), log.count("到场")) == (2, 2)


def test_a_heic_photograph_from_the_map_is_public_without_what_it_knew_in_english(scene: Scene) -> None:
    """An iPhone's picture, a pin that came along from the map, the page in English; three sizes once it is released."""
    import pillow_heif

    made = io.BytesIO()
    picture = pillow_heif.from_pillow(Image.effect_noise((800, 600), 60).convert("RGB"))
    picture.save(made, quality=60, exif=b"Exif\0\0" + CAMERA)
    assert b"Exif" in made.getvalue()
    place = spot(3.5, 0.5)
    phone = scene.phone(language="en")
    phone.goto(f"/report?lon={place.lon}&lat={place.lat}")
    phone.locator("body[data-ready]").wait_for()
    phone.set_input_files("#photos", {"name": "IMG_0002.HEIC", "mimeType": "image/heic", "buffer": made.getvalue()})
    # What is no photograph is told at once, and so is a seventh.
    paper = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    phone.set_input_files("#photos", [paper, *(photo(f"{n}.jpg", 300 + n) for n in range(6))])
    told = phone.locator("#chosen").inner_text()
    assert "“a.pdf” is no photo" in told and "At most 6; “5.jpg” was left out" in told
    for _ in range(5):
        phone.get_by_role("button", name="Remove photo 2").click()
    phone.fill("#words", "Bins are overflowing")
    phone.get_by_role("button", name="Send").click()
    phone.locator("#preview", has_text="Bins are overflowing").wait_for()
    phone.locator("form[data-report] > button[type=submit]").click()
    phone.wait_for_url("**/r/**")
    assert "Received, thank you" in phone.locator("main").inner_text()
    assert is_drawn(reload_until(phone, ".photos img"))

    secretary = scene.desk("secretary")
    open_case(secretary, "Bins are overflowing")
    case = case_of(scene, secretary)
    assert (case.language, round(case.lon, 6), round(case.lat, 6)) == ("en", round(place.lon, 6), round(place.lat, 6))
    name = re.search(r"/photos/([0-9a-f]+)/", secretary.locator(".case-photos img").first.get_attribute("src"))
    assert name
    anybody = scene.phone()
    assert anybody.request.get(f"/photos/{name[1]}/640.webp").status == 404, "not before it was released"
    secretary.get_by_role("button", name="审核公开").first.click()
    for size, pixels in ((160, (160, 120)), (640, (640, 480)), (2048, (800, 600))):
        answer = anybody.request.get(f"/photos/{name[1]}/{size}.webp")
        assert answer.status == 200
        data = answer.body()
        shown = Image.open(io.BytesIO(data))
        assert shown.size == pixels
        assert not shown.getexif() and not {"exif", "xmp", "icc_profile"} & set(shown.info)
        assert not any(secret in data for secret in (b"Exif", *corpus.SECRETS))


def test_what_was_written_without_a_network_goes_out_once(scene: Scene) -> None:
    """In a lift: the draft waits on the phone with its photograph, outlives the page; fifty sendings are one."""
    phone = scene.phone()
    phone.goto(scene.door("5号楼", 1.5, 3.0))
    phone.locator("body[data-ready]").wait_for()
    # As when the second page of the day is opened: the worker has the form by then.
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.reload()
    phone.context.set_offline(True)
    phone.set_input_files("#photos", photo())
    phone.fill("#words", "电梯困人后没人管")
    phone.get_by_role("button", name="提交").click()
    phone.locator("#sending", has_text="已存在这部手机里").wait_for()
    draft = phone.evaluate(READ_DRAFTS)
    assert [(d["words"], d["photos"]) for d in draft] == [("电梯困人后没人管", [len(photo()["buffer"])])]
    phone.goto(phone.url)
    assert "5号楼" in phone.locator("h1").inner_text(), "the form opens without a network"
    phone.locator("#drafts", has_text="电梯困人后没人管").wait_for()

    phone.context.set_offline(False)
    phone.locator("#sending", has_text="存着的那件已发出，受理编号").wait_for()
    assert phone.evaluate(READ_DRAFTS) == []
    number = re.search(r"\d{3}-\d{3}-\d{3}", phone.locator("#sending").inner_text())
    assert number
    # The answer may be lost in the lift, too: the phone sends the same once more, and again.
    statuses = phone.evaluate(SEND_FIFTY, {"key": draft[0]["key"], "words": draft[0]["words"], "to": phone.url})
    assert {answer["status"] for answer in statuses} == {201}
    assert {answer["number"] for answer in statuses} == {number[0]}
    grid = scene.desk("grid")
    grid.goto("/cases?q=电梯困人")
    assert grid.locator(".case-row").count() == 1
    phone.get_by_role("link", name="查看", exact=True).click()
    assert is_drawn(reload_until(phone, ".photos img"))


def test_who_met_the_same_joins_and_all_are_told(scene: Scene) -> None:
    """A second resident sees the first one's report and joins it; a third reports it anew, and the officer merges."""
    place = spot(2.5, 0.5)
    first = scene.town.send("井盖松了，车过就响", kind="cover", x=2.5, y=0.5, now=utcnow())
    secretary = scene.desk("secretary")
    open_case(secretary, "井盖松了")
    secretary.get_by_role("button", name="审核公开").first.click()

    second = scene.phone()
    second.goto(f"/report?lon={place.lon}&lat={place.lat}&kind=cover")
    second.locator("#near", has_text="井盖松了，车过就响").get_by_role("button", name="我也遇到了").click()
    second.wait_for_url("**/r/**")
    joined = second.url.partition("?")[0]
    third = scene.phone(script=False)
    third.goto(scene.door("井盖旁的7号楼", 2.5, 0.5))
    third.fill("#words", "井盖一晚上响个不停")
    third.get_by_role("button", name="提交").click()
    own = third.url.partition("?")[0]

    number = scene.town.case(first.report_key).number
    open_case(secretary, "一晚上响个不停")
    form = secretary.locator('form[action$="/do/merge"]')
    secretary.locator("details", has=form).locator("summary").click()
    form.locator("input[name=number]").fill(number)
    form.locator("button").click()
    third.goto(own)
    assert "已合在一起办" in third.locator("main").inner_text()
    secretary.goto(f"/cases/{first.report_key}")
    assert "3 人遇到" in secretary.locator(".facts").inner_text()
    press(secretary, "accept")
    secretary.fill("#answer-text", "换了新井盖")
    press(secretary, "answer")
    colleague = scene.desk("second")
    colleague.goto(f"/cases/{first.report_key}")
    press(colleague, "verify")
    for phone, receipt in ((second, joined), (third, own)):
        phone.goto(receipt)
        text = phone.locator("main").inner_text()
        assert "办完了" in text and "换了新井盖" in text, text


READ_DRAFTS = """() => new Promise((resolve, reject) => {
  const asked = indexedDB.open("geoapp-reports", 1);
  asked.onerror = () => reject(asked.error);
  asked.onsuccess = () => {
    const all = asked.result.transaction("drafts").objectStore("drafts").getAll();
    all.onsuccess = () => {
      asked.result.close();
      resolve(all.result.map((draft) => ({
        key: draft.key,
        words: Object.fromEntries(draft.fields).words,
        photos: draft.photos.map((photo) => photo.bytes.byteLength),
      })));
    };
  };
})"""
SEND_FIFTY = """({ key, words, to }) => Promise.all(Array.from({ length: 50 }, async () => {
  const form = new FormData();
  form.set("key", key);
  form.set("words", words);
  const answer = await fetch(to, { method: "POST", body: form, headers: { Accept: "application/json" } });
  return { status: answer.status, number: (await answer.json()).number };
}))"""
