"""``geoapp admin`` and ``geoapp audit``."""

from __future__ import annotations

import getpass
import sys

import click

from geoapp.config import read_settings
from geoapp.db import utcnow
from geoapp.errors import Conflict, Invalid, NoAnswer, NotFound
from geoapp.schema import prepared


@click.group()
def admin() -> None:
    """The first administrator, and the way back in when nobody can."""


@admin.command()
@click.argument("login")
@click.option("--name", default="管理员", show_default=True, help="Shown name.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def create(login: str, name: str, password_stdin: bool) -> None:
    """Create an administrator of the whole installation.

    \b
    Example:
      geoapp admin create wang --name 王
    """
    from geoapp.accounts.actions import strong_hash
    from geoapp.accounts.appointments.actions import create_person
    from geoapp.accounts.people import Actor, Person
    from geoapp.accounts.roles import Grant, Rank
    from geoapp.accounts.store import add_grant
    from geoapp.accounts.trail import actions as trail

    password = sys.stdin.readline().rstrip("\n") if password_stdin else _ask()
    settings = read_settings()
    database, now = prepared(settings), utcnow()
    blank = Person(0, "", login, name, None, None, False, False, now, None, None)
    hashed, system = strong_hash(blank, password), Actor(system="command line")
    with database.transaction() as connection:
        person = create_person(database, connection, system, name=name, login=login, password_hash=hashed)
        grant = Grant(Rank.ADMINISTRATOR, (), now.astimezone(settings.zone).date())
        add_grant(connection, grant, person_id=person.id, body_id=None, by=None, at=now)
        values = {"rank": [None, grant.rank.value]}
        trail.record(database, connection, system, "people.appoint", subject=person.key, values=values)
    click.echo(f"administrator {login} created")


@admin.command()
@click.argument("login")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def reset(login: str, password_stdin: bool) -> None:
    """Give somebody a new password, and turn the second factor off: the way back in when nobody else can help.

    \b
    Example:
      geoapp admin reset wang
    """
    from geoapp.accounts import store
    from geoapp.accounts.actions import set_password
    from geoapp.accounts.appointments.actions import end_second_factor
    from geoapp.accounts.people import system

    database, by = prepared(read_settings()), system("command line")
    with database.reading() as connection:
        found = store.credentials(connection, login)
    if found is None:
        raise NotFound("There is no account “%(login)s”; `geoapp admin create` makes one.", login=login)
    set_password(database, by, found.person, sys.stdin.readline().rstrip("\n") if password_stdin else _ask())
    end_second_factor(database, by, found.person.key, on=database.today())
    click.echo(f"{login} has a new password and no second factor; all sessions have ended")


def _ask() -> str:
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Again: "):
        raise Conflict("The two passwords differ; try again.")
    return first


@click.group()
def audit() -> None:
    """The trail of all changes 操作留痕."""


@audit.command()
@click.option("--against", metavar="NUMBER:HASH", help="Compare with an entry's hash that was kept elsewhere.")
def verify(against: str | None) -> None:
    """Check that no entry was altered, dropped, put in later or cut off (exit 3 when one was).

    The last line names the newest entry and its hash: kept on paper or on another machine, it proves later on that
    nothing before it was rewritten.

    \b
    Examples:
      geoapp audit verify
      geoapp audit verify --against 4711:9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab
    """
    from geoapp.accounts.trail import store
    from geoapp.accounts.trail.actions import verify as check

    database = prepared(read_settings())
    count, found = check(database, written_down=_head(against))
    if found is not None:
        raise NoAnswer(f"操作留痕不完整：{found.reason}；请用备份核对，并查明谁动过数据库。")
    click.echo(f"操作留痕完整：{count} 条，链头与库外保存的一致")
    with database.reading() as connection:
        for entry in store.newest(connection, tops=[""], limit=1):
            click.echo(f"最新一条：{entry.number}:{entry.digest}")


def _head(text: str | None) -> tuple[int, str] | None:
    if text is None:
        return None
    number, _, digest = text.partition(":")
    if not number.isdecimal() or len(digest) != 64:
        raise Invalid(f"--against {text[:20]}：请写成“编号:64 位散列值”，即 geoapp audit verify 末行的样子。")
    return int(number), digest
