"""``geoapp reports``: the clock's rounds by hand, modes of subdistricts, and the rules in force."""

from __future__ import annotations

import click

from geoapp.accounts.people import Actor
from geoapp.config import read_settings
from geoapp.db import utcnow
from geoapp.reports.imports import commands as imports
from geoapp.schema import prepared

_OWNER = Actor(system="command-line")


@click.group()
def reports() -> None:
    """Reports 随手拍: rounds, modes and rules; what is brought in and what comes out."""


for _command in (imports.import_, imports.imports, imports.undo_import, imports.set_aside):
    reports.add_command(_command)


@reports.command()
def tick() -> None:
    """Remind, raise and resume what is due by now, and let personal data go whose term has ended.

    The server and the worker do it by themselves, once a minute; this is for a timer of the system's own.
    """
    from geoapp.accounts.keeping.actions import keep_terms
    from geoapp.reports.rising.actions import escalate_due

    database = prepared(read_settings())
    done = escalate_due(database)
    gone = sum(keep_terms(database).values())
    click.echo(f"提醒 reminded {done.reminded}，提级 raised {done.raised}，恢复 resumed {done.resumed}")
    click.echo(f"清除到期的个人信息 personal data let go {gone}")


@reports.command()
@click.argument("place_code", required=False)
@click.argument("mode", required=False, type=click.Choice(["pilot", "rising"]))
@click.option("--original-days", default=30, show_default=True, help="Days for which original photographs are kept.")
def mode(place_code: str | None, mode: str | None, original_days: int) -> None:
    """Show the modes of subdistricts, or set one: pilot 试点 (reminders only) or rising 提级办理."""
    from geoapp.reports import store
    from geoapp.reports.rising.actions import set_service

    database = prepared(read_settings())
    if place_code and mode:
        set_service(database, _OWNER, place_code, mode=mode, original_days=original_days)
    with database.reading() as connection:
        services = store.services(connection)
    for code, service in sorted(services.items()):
        if place_code in (None, code):
            click.echo(f"{code} {service.mode} {service.original_days}d")
    if not services:
        click.echo("各街道均为默认的试点模式（只提醒）。All subdistricts are in pilot mode.")


@reports.command()
@click.argument("kind", required=False)
@click.option("--place", "place_code", default="", help="Code of the place where the report lies.")
@click.option("--managed/--unmanaged", default=None, help="Has it a property manager? Unknown when not said.")
def rules(kind: str | None, place_code: str, managed: bool | None) -> None:
    """List the kinds with their terms; with KIND, say who would be asked first, and why.

    \b
    Example:
      geoapp reports rules elevator --place 110105012023004 --managed
    """
    from geoapp.reports.placing import codes_of
    from geoapp.reports.rulebook.store import rulebook

    book = rulebook(read_settings())
    if kind is None:
        for parent, kinds in book.kinds.tree():
            click.echo(f"{parent.title_zh} {parent.title_en}")
            for each in kinds:
                shown = book.terms.term(each.urgency, each.term).text
                click.echo(f"  {each.code:16} {shown:>5}  {each.radius_m:3g} m  {each.title_zh}")
        return
    found = book.kinds.get(kind)
    now = utcnow()
    route = book.routing.route(codes_of(place_code), found.code, on=book.day(now), managed=managed)
    term = book.terms.term(found.urgency, found.term)
    due = book.clock.due(now, term)
    duty = route.duty_code or "（没有给地点）"
    click.echo(f"{found.title_zh}：先派 {duty}，因为 {route.why_zh}（规则 {route.rule}）")
    click.echo(f"期限 {term.text}，现在收到则 {due.due_at.astimezone(book.clock.zone):%Y-%m-%d %H:%M} 到期")
    if book.clock.calendar.is_assumed(due.due_at.astimezone(book.clock.zone).date()):
        click.echo("注意：这一年的节假日还没有录入 calendar.toml，只按周末计算。")
