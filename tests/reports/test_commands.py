"""``geoapp reports``."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from geoapp.cli import geoapp
from geoapp.errors import Invalid
from geoapp.reports.datafile import BadData
from geoapp.reports.kinds import UnknownKind
from tests import engines
from tests.places.street import STREET
from tests.reports import data
from tests.reports.world import Town


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
