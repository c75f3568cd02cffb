"""A photograph comes with a report, is developed, decided on, painted over, and its original goes in time."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from geoapp.accounts.people import VISITOR, Actor
from geoapp.accounts.trail import actions as trail
from geoapp.db import utcnow
from geoapp.errors import Conflict, GeoappError, NotAllowed, NotFound, Unavailable
from geoapp.jobs import BRIEF, JobQueue
from geoapp.objects import ObjectStore
from geoapp.reports import store as cases
from geoapp.reports.handling.actions import Target, accept, assign
from geoapp.reports.people import Sender
from geoapp.reports.photos import actions, store, tasks
from geoapp.reports.photos.photo import Photo, object_name, object_names
from geoapp.reports.placing import Position
from geoapp.reports.receipts import actions as receipts
from geoapp.reports.sending import actions as sending_actions
from geoapp.reports.sending.actions import new_key
from geoapp.reports.sending.actions import submit as send
from geoapp.reports.sending.matter import Receipt, Sending
from geoapp.reports.store import Service, set_service
from tests.places.street import STREET
from tests.reports.photos import corpus
from tests.reports.world import NOW, Town

FACE = [{"kind": "rect", "at": [0.0, 0.0, 0.5, 0.5]}]
CAMERA = corpus.with_exif(corpus.tiff(corpus.CAMERA, inner=corpus.INNER, gps=corpus.GPS))


def nothing(share: float, words: str) -> None:
    pass


def work(town: Town) -> list[str]:
    """Do all brief jobs that wait; gives their tasks."""
    queue, done = JobQueue(town.database), []
    doing: dict[str, Callable[..., Any]] = {"photos.develop": tasks.develop, "photos.erase": tasks.erase}
    while (job := queue.claim(BRIEF)) is not None:
        if job.task in doing:
            queue.end(job.id, "done", message="", result=doing[job.task](town.database, nothing, **job.args))
            done.append(job.task)
        else:
            queue.end(job.id, "done", message="")
    return done


def photo(town: Town, key: str) -> Photo:
    with town.database.reading() as connection:
        return store.photo(connection, key)


def lying(objects: ObjectStore) -> set[str]:
    return {one.name for kind in ("originals", "shown") for one in objects.listed(kind)}


def sent(town: Town, objects: ObjectStore, data: bytes = CAMERA, **more: Any) -> Photo:
    """A report with one photograph."""
    receipt = town.send()
    made = actions.receive(town.database, objects, receipt.report_id, data, now=NOW, **more)
    return photo(town, made.key)


def ready(town: Town, objects: ObjectStore, data: bytes = CAMERA) -> Photo:
    made = sent(town, objects, data)
    work(town)
    return photo(town, made.key)


def case_key(town: Town, found: Photo) -> str:
    with town.database.reading() as connection:
        return cases.case_by_id(connection, found.report_id).key


def top_left(objects: ObjectStore, name: str | None, size: int = 640) -> Any:
    assert name is not None
    picture = Image.open(io.BytesIO(objects.get(object_name(name, size)))).convert("RGB")
    return picture.getpixel((picture.width // 8, picture.height // 8))


# ---- taking in


@pytest.mark.engines
def test_a_photograph_is_stored_at_once_and_developed_afterwards(town: Town, objects: ObjectStore) -> None:
    found = sent(town, objects)
    assert (found.state, found.name, found.kind) == ("received", None, "jpeg")
    assert found.original is not None and objects.get(found.original) == CAMERA
    assert work(town) == ["photos.develop"]
    made = photo(town, found.key)
    assert made.state == "ready" and made.name is not None
    assert lying(objects) == {found.original, *object_names(made.name)}


def test_its_place_and_time_are_told_before_anything_is_stripped(town: Town, objects: ObjectStore) -> None:
    prepared = actions.prepare(town.database, objects, CAMERA, now=NOW)
    assert prepared.position is not None and prepared.position.evidence == "exif"
    assert [round(value, 6) for value in prepared.position.wgs84()] == [116.46, 39.94]
    assert prepared.look.taken_at is not None and prepared.look.taken_at.isoformat() == "2026-11-18T08:30:05+08:00"


def test_a_position_in_the_datum_of_chinese_maps_is_stored_in_wgs84(town: Town, objects: ObjectStore) -> None:
    """GCJ-02 lies some 550 m to the north-east of WGS84 in Beijing."""
    gps = {**corpus.GPS, 0x12: (corpus.ASCII, b"GCJ-02\0")}
    found = sent(town, objects, corpus.with_exif(corpus.tiff({}, gps=gps)))
    expected = Position(116.46, 39.94, "exif", datum="gcj02").wgs84()
    assert (found.lon, found.lat) == pytest.approx(expected, abs=1e-9)
    assert found.lon is not None and 0.005 < 116.46 - found.lon < 0.008


def test_01_what_is_refused_leaves_nothing(town: Town, objects: ObjectStore) -> None:
    receipt = town.send()
    for sample in corpus.hostile():
        if sample.fate == "refused":
            with pytest.raises(GeoappError):
                actions.receive(town.database, objects, receipt.report_id, sample.data)
    assert lying(objects) == set()
    with town.database.reading() as connection:
        assert store.photos_of(connection, receipt.report_id) == []


@pytest.mark.engines
def test_26_the_same_photograph_sent_again_is_the_same(town: Town, objects: ObjectStore) -> None:
    receipt = town.send()
    first = actions.receive(town.database, objects, receipt.report_id, CAMERA)
    second = actions.receive(town.database, objects, receipt.report_id, CAMERA)
    assert (second.key, second.again, first.again) == (first.key, True, False)
    work(town)
    assert len(lying(objects)) == 4  # one original, three sizes
    other = actions.receive(town.database, objects, town.send().report_id, CAMERA)
    assert other.key != first.key  # of another report it is another one


@pytest.mark.engines
def test_26_twenty_at_once_are_one(town: Town, objects: ObjectStore) -> None:
    receipt, keys, errors = town.send(), [], []

    def send() -> None:
        try:
            keys.append(actions.receive(town.database, objects, receipt.report_id, CAMERA).key)
        except GeoappError as error:
            errors.append(error)

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == [] and len(keys) == 20 and len(set(keys)) == 1
    work(town)
    assert len(lying(objects)) == 4


def test_a_report_and_its_photographs_are_stored_together_or_not_at_all(town: Town, objects: ObjectStore) -> None:
    """Seven are one too many: then the report is not there either, and sent again with six it is."""
    pictures = [corpus.jpeg(Image.new("RGB", (40, 40), (30 * number, 0, 0))) for number in range(7)]
    ready = [actions.prepare(town.database, objects, each, now=NOW) for each in pictures]
    key, sending = new_key(), Sending(words="垃圾没人清", kind="rubbish", photos=7)

    def submit(count: int) -> Receipt:
        along = actions.attaching(ready[:count], by="sender")
        return send(town.database, VISITOR, sending, sender=Sender("192.0.2.1"), key=key, along=along, now=NOW)

    with pytest.raises(actions.TooManyPhotos):
        submit(7)
    receipt = submit(6)
    assert not receipt.again and submit(6).report_id == receipt.report_id
    with town.database.reading() as connection:
        assert [p.role for p in store.photos_of(connection, receipt.report_id)] == ["report"] * 6


@pytest.mark.engines
@pytest.mark.parametrize("fault", [actions.TooManyPhotos, ZeroDivisionError], ids=["refused", "unforeseen"])
def test_what_comes_along_and_cannot_be_stored_takes_nobody_elses_report_with_it(
    town: Town, objects: ObjectStore, monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    """Three come in one round: one photograph, seven, none. The one with seven alone is refused, and its words too;
    so it is when what it brings along fails for a reason that nobody thought of."""
    pictures = [corpus.jpeg(Image.new("RGB", (40, 40), (30 * number, 0, 0))) for number in range(7)]
    ready = [actions.prepare(town.database, objects, each, now=NOW) for each in pictures]
    rounds: list[int] = []
    together = sending_actions._together

    def counted(database: Any, batch: list[Any], later: Any) -> None:
        rounds.append(len(batch))
        together(database, batch, later)

    monkeypatch.setattr(sending_actions, "_together", counted)
    outcomes: dict[int, Any] = {}

    def submit(count: int) -> None:
        along = actions.attaching(ready[:count], by="sender") if count else None
        if count == 7 and fault is ZeroDivisionError:
            along = lambda at, receipt: 1 / 0  # type: ignore[assignment,return-value]  # noqa: E731
        wanted = Sending(words=f"垃圾没人清 {count}", kind="rubbish", photos=count)
        try:
            outcomes[count] = send(town.database, VISITOR, wanted, sender=Sender(), along=along, now=NOW)
        except Exception as error:
            outcomes[count] = error

    threads = [threading.Thread(target=submit, args=(count,)) for count in (1, 7, 0)]
    counter = sending_actions._counter(town.database)
    with counter._front:
        for thread in threads:
            thread.start()
        while len(counter._waiting) < 3:
            time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert rounds == [3, 1, 1, 1]
    assert isinstance(outcomes[7], fault)
    with town.database.reading() as connection:
        found = connection.exec_driver_sql("SELECT text FROM report_text ORDER BY text").scalars().all()
        assert found == ["垃圾没人清 0", "垃圾没人清 1"]
        assert len(store.photos_of(connection, outcomes[1].report_id)) == 1
    assert work(town) == ["photos.develop"]


def test_02_a_report_takes_six(town: Town, objects: ObjectStore) -> None:
    receipt = town.send()
    for number in range(6):
        data = corpus.jpeg(Image.new("RGB", (40, 40), (40 * number, 0, 0)))
        actions.receive(town.database, objects, receipt.report_id, data)
    with pytest.raises(actions.TooManyPhotos, match="6 张"):
        actions.receive(town.database, objects, receipt.report_id, CAMERA)
    assert len(lying(objects)) == 6
    actions.receive(town.database, objects, receipt.report_id, CAMERA, role="answer", by="someone")


def test_what_cannot_be_decoded_is_told_and_the_words_stay(town: Town, objects: ObjectStore) -> None:
    sample = next(s for s in corpus.hostile() if s.name == "cut-in-pixels.jpg")
    found = ready(town, objects, sample.data)
    assert found.state == "failed" and found.reason.startswith("照片打不开")
    key = case_key(town, found)
    last = town.timeline(key)[-1]
    assert (last.kind, last.actor, last.data["what"]) == ("photo", "system", "failed")
    with town.database.reading() as connection:
        assert [t.text for t in cases.texts(connection, [found.report_id])] == ["垃圾没人清"]
    with pytest.raises(Conflict, match="照片打不开"):
        actions.release(town.database, town.grid, found.key, now=NOW)
    # Sent again (it may have been cut off on its way), it is tried again.
    again = actions.receive(town.database, objects, found.report_id, sample.data)
    assert (again.key, again.state) == (found.key, "received")
    assert work(town).count("photos.develop") == 1


def test_a_store_that_is_away_is_tried_again(town: Town, objects: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    found = sent(town, objects)

    def away(self: ObjectStore, name: str) -> bytes:
        raise Unavailable("对象存储暂时不能读写；请稍后再试。")

    with monkeypatch.context() as patch, pytest.raises(Unavailable):
        patch.setattr(ObjectStore, "get", away)
        tasks.develop(town.database, nothing, photo_id=found.id)
    assert photo(town, found.key).state == "received"
    assert tasks.tidy(town.database, nothing, now=NOW + timedelta(minutes=11))["queued_again"] == 1


# ---- deciding


@pytest.mark.engines
def test_nothing_is_public_before_it_is_released(town: Town, objects: ObjectStore) -> None:
    found = ready(town, objects)

    def public() -> list[str]:
        with town.database.reading() as connection:
            return [p.key for p in store.released(connection, [found.report_id]).get(found.report_id, [])]

    assert public() == []
    released = actions.release(town.database, town.grid, found.key, now=NOW)
    assert released.state == "released" and released.decided_by == town.grid.name and public() == [found.key]
    assert actions.release(town.database, town.grid, found.key, now=NOW).revision == released.revision
    actions.hide(town.database, town.grid, found.key, now=NOW)
    assert public() == []
    actions.release(town.database, town.grid, found.key, now=NOW)
    with town.database.transaction() as connection:
        case = cases.case_by_id(connection, found.report_id)
        cases.change(connection, case, {"hidden": True})
    assert public() == []
    assert [e.data["what"] for e in town.timeline(case.key) if e.kind == "photo"] == ["released", "hidden", "released"]
    assert trail.verify(town.database)[1] is None


def test_what_is_not_developed_is_not_released(town: Town, objects: ObjectStore) -> None:
    found = sent(town, objects)
    with pytest.raises(actions.NotReady):
        actions.release(town.database, town.grid, found.key, now=NOW)


def test_15_only_officials_of_the_place_decide(town: Town, objects: ObjectStore) -> None:
    found = ready(town, objects)
    for who in (town.grid, town.secretary, town.street, town.district):
        assert actions.release(town.database, who, found.key, now=NOW).state == "released"
        assert actions.hide(town.database, who, found.key, now=NOW).state == "hidden"
    before = photo(town, found.key)
    for who in (town.grid2, town.east, town.resident, Actor()):
        for act in (actions.release, actions.hide):
            with pytest.raises(NotFound):
                act(town.database, who, found.key, now=NOW)
        with pytest.raises(NotFound):
            actions.paint(town.database, who, found.key, FACE, now=NOW)
    assert photo(town, found.key) == before


def test_15_a_handler_adds_to_what_is_assigned_to_him_and_does_not_decide(town: Town, objects: ObjectStore) -> None:
    found = ready(town, objects)
    key = case_key(town, found)
    with pytest.raises(NotFound):
        actions.add(town.database, objects, town.manager, key, corpus.jpeg(), now=NOW)
    assert len(lying(objects)) == 4  # what was not his to add is gone again
    accept(town.database, town.grid, key, seen=1, now=NOW)
    assign(town.database, town.grid, key, Target(body_key=town.bodies["property"]), seen=2, now=NOW)
    actions.add(town.database, objects, town.manager, key, corpus.jpeg(), now=NOW)
    for act in (actions.release, actions.hide):
        with pytest.raises(NotAllowed):
            act(town.database, town.manager, found.key, now=NOW)


def test_an_officer_adds_how_it_looks_now(town: Town, objects: ObjectStore) -> None:
    key = town.send().report_key
    made = actions.add(town.database, objects, town.grid, key, corpus.jpeg(), now=NOW)
    found = photo(town, made.key)
    assert (found.role, found.by) == ("answer", town.grid.name)
    assert town.timeline(key)[-1].data == {"photo": made.key, "what": "added", "role": "answer"}
    with pytest.raises(NotFound):
        actions.add(town.database, objects, town.east, key, corpus.jpeg(progressive=True), now=NOW)


# ---- painting


@pytest.mark.engines
def test_what_is_painted_over_is_gone_with_its_address(town: Town, objects: ObjectStore) -> None:
    found = ready(town, objects, corpus.jpeg(corpus.scene(960, 640)))
    actions.release(town.database, town.grid, found.key, now=NOW)
    before = photo(town, found.key)
    assert before.name is not None
    assert top_left(objects, before.name) == pytest.approx(corpus.RED, abs=14)
    painted = actions.paint(town.database, town.grid, found.key, [{"kind": "rect", "at": [0, 0, 0.9, 0.9]}], now=NOW)
    # At once, before anything is made anew: no name, so no address and nothing public.
    assert painted.name is None and painted.state == "released" and not painted.is_public
    with town.database.reading() as connection:
        assert store.released(connection, [found.report_id]) == {}
        with pytest.raises(NotFound):
            store.served(connection, before.name)
    work(town)
    after = photo(town, found.key)
    assert after.state == "released" and after.name not in {None, before.name}
    for size in (2048, 640, 160):
        assert top_left(objects, after.name, size) != pytest.approx(corpus.RED, abs=14)
    assert not lying(objects) & set(object_names(before.name))
    assert photo(town, found.key).painted_by == town.grid.name


def test_painting_again_adds_and_only_painting_afresh_takes_away(town: Town, objects: ObjectStore) -> None:
    """Who paints a second face over must not uncover the first."""
    found = ready(town, objects, corpus.jpeg(corpus.scene(960, 640)))
    cover, other = {"kind": "rect", "at": [0, 0, 0.9, 0.9]}, {"kind": "rect", "at": [0.9, 0.9, 0.1, 0.1]}
    for shape in (cover, other):
        actions.paint(town.database, town.grid, found.key, [shape], now=NOW)
        work(town)
        assert top_left(objects, photo(town, found.key).name) != pytest.approx(corpus.RED, abs=14)
    assert len(photo(town, found.key).shapes) == 2
    actions.paint(town.database, town.grid, found.key, [other], afresh=True, now=NOW)
    work(town)
    assert top_left(objects, photo(town, found.key).name) == pytest.approx(corpus.RED, abs=14)


def test_painting_after_the_original_is_gone_adds_to_what_was_painted(town: Town, objects: ObjectStore) -> None:
    found = ready(town, objects, corpus.jpeg(corpus.scene(960, 640)))
    actions.paint(town.database, town.grid, found.key, [{"kind": "rect", "at": [0, 0, 0.9, 0.9]}], now=NOW)
    work(town)
    tasks.forget_originals(town.database, now=utcnow() + timedelta(days=31))
    work(town)
    assert photo(town, found.key).original is None
    actions.paint(town.database, town.grid, found.key, [{"kind": "rect", "at": [0.9, 0.9, 0.1, 0.1]}], now=NOW)
    # An hourly round that meets it now leaves it what it is made from.
    with town.database.transaction() as connection:
        store.change(connection, photo(town, found.key), painted_at=utcnow())
    tasks.tidy(town.database, nothing, now=utcnow() + timedelta(hours=1))
    work(town)
    after = photo(town, found.key)
    assert after.name is not None and after.original is None
    assert top_left(objects, after.name) != pytest.approx(corpus.RED, abs=14)
    assert lying(objects) == set(object_names(after.name))
    with pytest.raises(NotFound):
        actions.original(town.database, objects, town.secretary, found.key, now=NOW)


def test_sizes_that_were_made_from_an_older_state_are_thrown_away(
    town: Town, objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody paints while a photograph is being developed: what shows the face is never shown."""
    found = sent(town, objects, corpus.jpeg(corpus.scene(960, 640)))
    show = tasks._show

    def meanwhile(database: Any, seen: Photo, name: str) -> Any:
        monkeypatch.setattr(tasks, "_show", show)
        actions.paint(town.database, town.grid, found.key, [{"kind": "rect", "at": [0, 0, 1, 1]}], now=NOW)
        return show(database, seen, name)

    monkeypatch.setattr(tasks, "_show", meanwhile)
    work(town)
    after = photo(town, found.key)
    assert after.state == "ready" and after.original is not None
    assert top_left(objects, after.name) != pytest.approx(corpus.RED, abs=14)
    assert lying(objects) == {after.original, *object_names(after.name or "")}


def test_two_who_paint_do_not_overwrite_each_other(town: Town, objects: ObjectStore) -> None:
    found = ready(town, objects)
    actions.paint(town.database, town.grid, found.key, FACE, seen=found.revision, now=NOW)
    with pytest.raises(Conflict, match="刷新"):
        actions.paint(town.database, town.secretary, found.key, [], seen=found.revision, now=NOW)


# ---- originals


def test_reading_an_original_stands_in_the_audit(town: Town, objects: ObjectStore) -> None:
    found = ready(town, objects)
    name, pieces = actions.original(town.database, objects, town.secretary, found.key, now=NOW)
    assert b"".join(pieces) == CAMERA and name.endswith(".jpg")
    last = town.timeline(case_key(town, found))[-1]
    assert (last.actor, last.data["what"]) == (town.secretary.name, "original read")
    with pytest.raises(NotAllowed):
        actions.original(town.database, objects, town.grid, found.key, now=NOW)
    with pytest.raises(NotFound):
        actions.original(town.database, objects, town.east, found.key, now=NOW)


@pytest.mark.engines
def test_31_originals_go_after_their_days_and_the_pictures_stay(town: Town, objects: ObjectStore) -> None:
    found = ready(town, objects)
    assert tasks.forget_originals(town.database, now=NOW + timedelta(days=29)) == 0
    assert tasks.forget_originals(town.database, now=NOW + timedelta(days=31)) == 1
    assert tasks.forget_originals(town.database, now=NOW + timedelta(days=31)) == 0
    work(town)
    after = photo(town, found.key)
    assert (after.original, after.lon, after.lat, after.taken_at) == (None, None, None, None)
    assert lying(objects) == set(object_names(after.name or ""))


def test_31_a_subdistrict_may_keep_them_shorter(town: Town, objects: ObjectStore) -> None:
    ready(town, objects)
    with town.database.transaction() as connection:
        set_service(connection, Service(STREET, "pilot", 7), by="test", at=NOW)
    assert tasks.forget_originals(town.database, now=NOW + timedelta(days=6)) == 0
    assert tasks.forget_originals(town.database, now=NOW + timedelta(days=8)) == 1


def test_31_who_takes_her_data_back_takes_originals_and_with_her_words_the_pictures(
    town: Town, objects: ObjectStore
) -> None:
    receipt = town.send()
    made = actions.receive(town.database, objects, receipt.report_id, CAMERA, now=NOW)
    answer = actions.add(town.database, objects, town.grid, receipt.report_key, corpus.jpeg(), now=NOW)
    work(town)
    receipts.take_back(town.database, receipt.code, address="192.0.2.1", now=NOW)
    work(town)
    found = photo(town, made.key)
    assert (found.original, found.lon, found.taken_at, found.state) == (None, None, None, "ready")
    assert found.name is not None and objects.get(object_name(found.name, 640))
    receipts.take_back(town.database, receipt.code, address="192.0.2.1", words=True, now=NOW)
    work(town)
    gone, kept = photo(town, made.key), photo(town, answer.key)
    assert (gone.name, gone.state) == (None, "hidden") and kept.name is not None
    assert lying(objects) == {kept.original, *object_names(kept.name)}
    with pytest.raises(actions.NotReady):
        actions.release(town.database, town.grid, made.key, now=NOW)


def test_a_report_that_is_withdrawn_takes_its_photographs_along(town: Town, objects: ObjectStore) -> None:
    receipt = town.send()
    actions.receive(town.database, objects, receipt.report_id, CAMERA, now=NOW)
    receipts.withdraw(town.database, receipt.code, address="192.0.2.1", now=NOW)
    assert work(town) == ["photos.develop", "photos.erase"]
    assert lying(objects) == set()


def test_what_was_left_by_a_broken_sending_is_swept_after_a_day(town: Town, objects: ObjectStore) -> None:
    made = ready(town, objects)
    actions.prepare(town.database, objects, corpus.jpeg())
    objects.put("shown/ab/ab" + "0" * 30 + "-640", b"left over")
    assert len(lying(objects)) == 6
    assert tasks.sweep(town.database, nothing, now=utcnow() + timedelta(hours=23)) == {"deleted": 0}
    assert tasks.sweep(town.database, nothing, now=utcnow() + timedelta(hours=25)) == {"deleted": 2}
    assert lying(objects) == {made.original, *object_names(made.name or "")}


def test_developing_waits_while_others_send_and_not_for_ever(town: Town, objects: ObjectStore) -> None:
    """Own one at 0 s, others at 0.2 and 1.0 s: it is begun 0.7 s after the last, with a sender a second after 10 s."""
    own = sent(town, objects)
    begun = own.received_at
    now, slept = [begun], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += timedelta(seconds=seconds)

    def wait(*others_s: float) -> float:
        now[0] = begun
        for n, at_s in enumerate(others_s):
            data = corpus.jpeg(Image.new("RGB", (40, 40), (n * 10, len(others_s), 0)))
            other = town.send()
            actions.receive(town.database, objects, other.report_id, data, now=begun + timedelta(seconds=at_s))
        tasks._let_senders_pass(town.database, own, clock=lambda: now[0], sleep=sleep)
        return (now[0] - begun).total_seconds()

    assert wait() == 0 and slept == []
    assert wait(0.2, 1.0) == pytest.approx(1.8)
    assert wait(9.9) == pytest.approx(10.0, abs=0.21)


def test_developing_twice_makes_one_set(town: Town, objects: ObjectStore) -> None:
    """A job may run twice: a worker died after it was done."""
    found = ready(town, objects)
    assert tasks.develop(town.database, nothing, photo_id=found.id) == {"state": "ready"}
    assert photo(town, found.key) == found and len(lying(objects)) == 4
