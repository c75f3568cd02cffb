"""``geoapp reports``."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from geoapp.cli import geoapp
from geoapp.errors import Conflict, Invalid, NotFound
from geoapp.files import secret_key
from geoapp.reports.datafile import BadData
from geoapp.reports.doors import store
from geoapp.reports.doors.actions import NewDoor, door_of_token, make_doors
from geoapp.reports.doors.tokens import token
from geoapp.reports.kinds import UnknownKind
from tests import engines
from tests.places.street import DISTRICT, HOME, STREET
from tests.reports import data
from tests.reports.orders import estates
from tests.reports.world import SYSTEM, Town


@pytest.mark.engines
def test_the_rounds_and_modes_by_hand(town: Town) -> None:
    runner, env = CliRunner(), engines.environment(town.database.settings)
    town.send(now=None)  # type: ignore[arg-type]
    first = runner.invoke(geoapp, ["reports", "tick"], env=env)
    assert first.exit_code == 0 and "reminded 0" in first.output
    assert "pilot mode" in runner.invoke(geoapp, ["reports", "mode"], env=env).output
    done = runner.invoke(geoapp, ["reports", "mode", STREET, "rising", "--original-days", "60"], env=env)
    assert done.output == f"{STREET} rising 60d\n"
    refused = runner.invoke(geoapp, ["reports", "mode", "1101", "pilot"], env=env)
    assert isinstance(refused.exception, Invalid)


def test_the_rules_in_force_are_told_with_their_reason(town: Town) -> None:
    runner, env = CliRunner(), engines.environment(town.database.settings)
    listed = runner.invoke(geoapp, ["reports", "rules"], env=env).output
    assert "fire-lane" in listed and "占用消防通道" in listed
    args = ["reports", "rules", "elevator", "--place", "110105012023004", "--managed"]
    told = runner.invoke(geoapp, args, env=env).output
    assert "先派 110105012023004" in told and "managed-elevator" in told and "期限 2h" in told
    assert isinstance(runner.invoke(geoapp, ["reports", "rules", "dragons"], env=env).exception, UnknownKind)


def test_an_installations_own_rules_win_and_are_read_again(town: Town) -> None:
    runner, env = CliRunner(), engines.environment(town.database.settings)
    own = town.database.settings.data / "reports"
    own.mkdir()
    (own / "terms.toml").write_text(data.text("terms").replace('term = "24h"', 'term = "3wd"'), encoding="utf-8")
    assert "期限 3wd" in runner.invoke(geoapp, ["reports", "rules", "lamp"], env=env).output
    (own / "terms.toml").write_text("not toml", encoding="utf-8")
    refused = runner.invoke(geoapp, ["reports", "rules", "lamp"], env=env)
    assert isinstance(refused.exception, BadData) and "terms.toml" in str(refused.exception)


def test_a_door_code_is_ended_by_its_words_or_its_address_and_made_anew(town: Town, tmp_path: Path) -> None:
    estates.draw(town)
    runner, env = CliRunner(), engines.environment(town.database.settings)
    out, secret = tmp_path / "doors.pdf", secret_key(town.database.settings.data)
    make = ["posters", "--place", DISTRICT, "--out", str(out), "--public-url", "http://192.168.1.20:8000"]
    assert "5 张楼门码，其中新做 5 张" in runner.invoke(geoapp, make, env=env).output
    with town.database.reading() as connection:
        doors = {(d.compound, d.building): d for d in store.doors_at(connection, DISTRICT)}
    seventh = doors["霞光里", "7号楼"]
    code = f"http://192.168.1.20:8000/d/{token(seventh.key, secret)}"
    done = runner.invoke(geoapp, ["posters", "--revoke", "绿景苑3号楼", "--revoke", code], env=env)
    assert done.exit_code == 0 and done.output.count("已停用") == 2
    with town.database.reading() as connection, pytest.raises(NotFound):
        door_of_token(connection, token(seventh.key, secret), secret)
    again = runner.invoke(geoapp, ["posters", "--revoke", "绿景苑3号楼"], env=env)
    assert isinstance(again.exception, NotFound)
    assert "5 张楼门码，其中新做 2 张" in runner.invoke(geoapp, make, env=env).output
    assert runner.invoke(geoapp, ["posters", "--place", DISTRICT], env=env).exit_code == 2
    # The same house once more, as another layer may name it.
    make_doors(town.database, SYSTEM, [NewDoor(building="绿景苑3号楼", place_code=HOME)])
    several = runner.invoke(geoapp, ["posters", "--revoke", "绿景苑3号楼"], env=env)
    assert isinstance(several.exception, Conflict) and "有 2 个" in str(several.exception)
