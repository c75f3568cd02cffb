"""``geoapp open311``: keys for the programs of others that make requests."""

from __future__ import annotations

import click

from geoapp.config import read_settings
from geoapp.schema import prepared


@click.group()
def open311() -> None:
    """Keys for Open311 clients 开放接口."""


@open311.command()
@click.argument("name")
@click.option("--per-minute", type=click.IntRange(1, 6000), default=60, show_default=True, help="Requests a minute.")
def key(name: str, per_minute: int) -> None:
    """Make a key for the client NAME; it is printed this once and stored as a hash.

    \b
    Example:
      geoapp open311 key 街道小程序
    """
    from geoapp.accounts.people import Actor
    from geoapp.api.open311.actions import make_key

    secret = make_key(prepared(read_settings()), Actor(system="command line"), name=name, per_minute=per_minute)
    click.echo(secret)
    click.echo(f"“{name}”的密钥只显示这一次；每分钟最多 {per_minute} 件。", err=True)


@open311.command()
def keys() -> None:
    """All keys with the day they were made, and which are revoked.

    \b
    Example:
      geoapp open311 keys
    """
    from geoapp.api.open311.store import all_keys

    settings = read_settings()
    with prepared(settings).reading() as connection:
        found = all_keys(connection)
    for one in found:
        state = "已吊销" if one.revoked_at else "有效"
        made = one.made_at.astimezone(settings.zone).date()
        click.echo(f"{one.name}  {state}  每分钟 {one.per_minute} 件  {made} 建")
    if not found:
        click.echo("还没有密钥；用 geoapp open311 key NAME 建一个。")


@open311.command()
@click.argument("name")
def revoke(name: str) -> None:
    """End the key of the client NAME at once.

    \b
    Example:
      geoapp open311 revoke 街道小程序
    """
    from geoapp.accounts.people import Actor
    from geoapp.api.open311.actions import revoke_key

    revoke_key(prepared(read_settings()), Actor(system="command line"), name=name)
    click.echo(f"“{name}”的密钥已吊销。")
