"""What an installation that people depend on must not be: each fault named with its remedy, before anything is served.

Asked with ``GEOAPP_ENV=production`` only; all faults are told at once, for nobody should start a server five times.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from geoapp.accounts import store as accounts
from geoapp.config import Settings
from geoapp.db import Database, utcnow
from geoapp.errors import Invalid
from geoapp.places import store as places


class Unsafe(Invalid):
    """The installation is not fit for production; the message lists what to mend."""


def require_safe(settings: Settings, database: Database) -> None:
    """Unsafe when production is asked for and something about the installation forbids it."""
    if settings.env != "production":
        return
    faults = [*_of_settings(settings), *_of_files(settings), *_of_content(database)]
    if faults:
        listed = "\n".join(f"  {number}. {fault}" for number, fault in enumerate(faults, 1))
        raise Unsafe(f"GEOAPP_ENV=production 时不能这样启动（not safe for production）：\n{listed}")


def _of_settings(settings: Settings) -> Iterator[str]:
    if not settings.public_url:
        yield (
            "请设置 GEOAPP_PUBLIC_URL 为人们访问的 https 地址；确实没有 TLS 时，明确写成 http:// 开头的地址"
            "（the address at which people reach it; without TLS say so by http://）。"
        )
    if settings.public_url.startswith("https:") and not settings.proxies:
        yield (
            "GEOAPP_PUBLIC_URL 以 https 开头，却没有 GEOAPP_TRUSTED_PROXIES：程序自己不做 TLS，请写明前置代理的地址，"
            "如 127.0.0.1（name the proxy that does TLS）。"
        )
    if settings.rate_limits == 0:
        yield "GEOAPP_RATE_LIMITS=0 关闭了频率限制；请改为 1 或更大的倍数（rate limits are off）。"


def _of_files(settings: Settings) -> Iterator[str]:
    """Who else on the machine can read what is kept; Windows has no such bits."""
    if os.name != "posix":
        return
    for path, others, mode in ((settings.data, 0o007, "o-rwx"), (settings.data / "secret.key", 0o077, "600")):
        if path.exists() and path.stat().st_mode & others:
            yield f"{path} 其他用户也能读；请运行 chmod {mode} {path}（readable by others）。"


def _of_content(database: Database) -> Iterator[str]:
    with database.reading() as connection:
        if accounts.demo_people(connection, on=utcnow().date()):
            yield "数据库里有演示账号，它们的密码是公开的；请换一个新的数据文件夹（GEOAPP_DATA）（demo accounts）。"
        if places.any_invented(connection):
            yield "数据库里有示意区划（演示数据）；请换一个新的数据文件夹，导入真实区划（demo places）。"
