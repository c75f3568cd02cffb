"""Settings, read once from the environment; nobody else looks there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from geoapp.errors import Invalid

PREFIX = "GEOAPP_"


class BadSetting(Invalid):
    """A setting cannot be used; the message names the variable."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between installations. Each field is the environment variable ``GEOAPP_<FIELD>``."""

    #: Folder that holds all state: database, files, published layers. A second folder is a second installation.
    data: Path = Path("var")
    #: Empty: SQLite inside ``data``. Else postgresql+psycopg://user:password@host/database (with PostGIS).
    database_url: str = ""
    #: development, or production: refuses unsafe settings and demo accounts.
    env: str = "development"
    #: Address the server listens on.
    host: str = "127.0.0.1"
    #: Port the server listens on.
    port: int = 8000
    #: Threads that answer requests.
    threads: int = 8
    #: Seconds that running requests have to finish when the server is told to stop.
    grace_s: float = 30.0
    #: Free space on the disk of ``data`` below which /ready warns, in MiB.
    disk_floor_mib: int = 1024
    #: Form of the log's lines: text or json.
    log_format: str = "text"
    #: What the log keeps of an asker's address: short (its /24 or /48), hash (new each day), full, or none.
    log_addresses: str = "short"
    #: Address at which people reach the installation, such as https://geo.example.cn; links that leave it begin so.
    public_url: str = ""
    #: Addresses or networks of the reverse proxies before it, by comma; X-Forwarded-* is believed from these only.
    trusted_proxies: str = ""
    #: Factor on all rate limits: 2 lets twice as much through, 0 switches them off.
    rate_limits: float = 1.0
    #: Language of a visitor who has chosen none: zh or en.
    language: str = "zh"
    #: Civil time of the district; dates of validity are days of this zone.
    timezone: str = "Asia/Shanghai"
    #: Largest upload in MiB.
    max_upload_mib: int = 512
    #: Where photographs lie. Empty: the folder objects inside ``data``. Else s3://bucket/prefix.
    objects_url: str = ""
    #: Address of an S3 store other than Amazon's, such as https://minio.example.cn:9000.
    objects_endpoint: str = ""
    #: Region of the bucket, where its store asks for one.
    objects_region: str = ""
    #: Access key of the bucket and its secret; empty: what the machine is allowed by itself.
    objects_key: str = ""
    objects_secret: str = field(default="", repr=False)
    #: Days for which the original of a photograph is kept, where a subdistrict has not set its own.
    original_days: int = 30
    #: Single sign-on by OpenID Connect: the provider's issuer, such as https://sso.example.cn/realms/city; empty: none.
    oidc_issuer: str = ""
    #: What the installation is called at the provider, and its secret there (empty: a public client).
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    #: What the button on the sign-in page calls it.
    oidc_name: str = "单点登录"
    #: Who gets in by it: invited, or anybody whom the provider knows (as somebody without any right).
    oidc_accounts: str = "invited"
    #: Seconds a writer waits for another one before it is told to try again.
    lock_wait_s: float = 60.0
    #: Jobs worked on inside the web process; 0 when `geoapp worker` runs beside it.
    job_workers: int = 1
    #: Address of a Dask scheduler (tcp://...) for big batches; empty: processes of this machine.
    dask_scheduler: str = ""

    #: Mail server for news to residents; empty: no letters are sent.
    smtp_host: str = ""
    #: Its port; 465 speaks TLS from the first byte, others begin it by STARTTLS unless smtp_plain is 1.
    smtp_port: int = 587
    #: Account at the mail server; empty: none is asked for.
    smtp_user: str = ""
    #: Password of that account.
    smtp_password: str = ""
    #: Sender of the letters, such as 某街道 <noreply@example.cn>.
    smtp_from: str = ""
    #: 1: no TLS, for a mail server on the same machine only.
    smtp_plain: int = 0
    #: Program that delivers short messages (SMS, WeChat): it gets one JSON object on standard input (docs/notices.md).
    message_command: str = ""

    @property
    def url(self) -> str:
        """Database address that is in force, with the driver that the app brings."""
        if not self.database_url:
            return f"sqlite:///{(self.data / 'geoapp.sqlite').as_posix()}"
        scheme, _, rest = self.database_url.partition("://")
        return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else self.database_url

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks of the reverse proxies."""
        return tuple(ip_network(text.strip()) for text in self.trusted_proxies.split(",") if text.strip())

    @property
    def zone(self) -> ZoneInfo:
        """Civil time zone of the district."""
        return ZoneInfo(self.timezone)


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from ``GEOAPP_*`` variables; BadSetting for one that is unknown or malformed."""
    environ = os.environ if environ is None else environ
    known = {PREFIX + setting.name.upper(): setting for setting in fields(Settings)}
    values: dict[str, object] = {}
    for name, text in environ.items():
        # GEOAPP_TEST_* steer the tests (which PostgreSQL to use) and never the program.
        if not name.startswith(PREFIX) or name.startswith(PREFIX + "TEST_"):
            continue
        if name not in known:
            raise BadSetting(f"There is no setting {name}; README lists the settings. Correct the name or remove it.")
        setting = known[name]
        values[setting.name] = _convert(name, text, type(setting.default))
    settings = Settings(**values)  # type: ignore[arg-type]
    _check(settings)
    return settings


def reached_at(settings: Settings, address: str) -> Settings:
    """The same settings with another address at which people reach it, checked like the one of the environment."""
    settings = replace(settings, public_url=address)
    _check_surroundings(settings)
    return settings


def _convert(name: str, text: str, kind: type[Any]) -> object:
    try:
        if issubclass(kind, Path):
            return Path(text).expanduser()
        return kind(text)
    except ValueError:
        raise BadSetting(f"{name}={text!r} is not a {kind.__name__}; give a number.") from None


def _check(settings: Settings) -> None:
    if settings.env not in {"development", "production"}:
        raise BadSetting(f"GEOAPP_ENV={settings.env!r}: use development or production.")
    if settings.language not in {"zh", "en"}:
        raise BadSetting(f"GEOAPP_LANGUAGE={settings.language!r}: use zh or en.")
    _check_database(settings)
    _check_surroundings(settings)
    _check_objects(settings)
    _check_oidc(settings)
    if not 0 < settings.port < 65536:
        raise BadSetting(f"GEOAPP_PORT={settings.port}: use 1 to 65535.")
    if settings.threads < 1 or settings.max_upload_mib < 1 or settings.job_workers < 0 or settings.lock_wait_s <= 0:
        raise BadSetting("GEOAPP_THREADS, GEOAPP_MAX_UPLOAD_MIB and GEOAPP_LOCK_WAIT_S must be above zero.")
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadSetting(
            f"GEOAPP_TIMEZONE={settings.timezone!r} is no known zone; an example is Asia/Shanghai."
        ) from None


def _check_objects(settings: Settings) -> None:
    address, endpoint = urlsplit(settings.objects_url), urlsplit(settings.objects_endpoint)
    bucket = address.scheme == "s3" and address.netloc and not (address.username or address.query or address.fragment)
    if settings.objects_url and not bucket:
        raise BadSetting("GEOAPP_OBJECTS_URL: give s3://bucket/prefix; the key goes into GEOAPP_OBJECTS_KEY.")
    if settings.objects_endpoint and not (endpoint.scheme in {"http", "https"} and endpoint.hostname):
        raise BadSetting("GEOAPP_OBJECTS_ENDPOINT: give scheme, name and port, such as https://minio.example.cn:9000.")
    if bool(settings.objects_key) != bool(settings.objects_secret):
        raise BadSetting("GEOAPP_OBJECTS_KEY and GEOAPP_OBJECTS_SECRET: give both or neither.")
    if not 1 <= settings.original_days <= 3650:
        raise BadSetting(f"GEOAPP_ORIGINAL_DAYS={settings.original_days}: use 1 to 3650.")


def _check_oidc(settings: Settings) -> None:
    if not settings.oidc_issuer:
        return
    address = urlsplit(settings.oidc_issuer)
    local = settings.env != "production" and address.scheme == "http" and address.hostname in {"127.0.0.1", "localhost"}
    if not (address.hostname and (address.scheme == "https" or local)) or address.query or address.fragment:
        raise BadSetting("GEOAPP_OIDC_ISSUER: give the issuer as the provider names itself, beginning with https://.")
    if not settings.oidc_client_id:
        raise BadSetting("GEOAPP_OIDC_CLIENT_ID: give the name that the provider knows this installation by.")
    if settings.oidc_accounts not in {"invited", "anybody"}:
        raise BadSetting(f"GEOAPP_OIDC_ACCOUNTS={settings.oidc_accounts!r}: use invited or anybody.")


def _check_database(settings: Settings) -> None:
    if not settings.database_url:
        return
    example = "postgresql://geoapp:password@127.0.0.1:5432/geoapp"
    try:
        address = urlsplit(settings.database_url)
        # Without a host it is a socket of this machine, or one that the query names.
        named = bool(address.path.strip("/")) and address.port != 0
    except ValueError:  # a port that is no number
        named = False
    # The address itself is not repeated: it holds the password.
    if not named or address.scheme not in {"postgresql", "postgresql+psycopg", "postgres"}:
        raise BadSetting(f"GEOAPP_DATABASE_URL is not the address of a PostgreSQL database; an example is {example}.")


def _check_surroundings(settings: Settings) -> None:
    address = urlsplit(settings.public_url)
    plain = address.scheme in {"http", "https"} and address.hostname and address.path in {"", "/"}
    if settings.public_url and (not plain or address.query or address.fragment or address.username):
        raise BadSetting(
            f"GEOAPP_PUBLIC_URL={settings.public_url!r}: give scheme, name and port alone, such as https://geo.example.cn."
        )
    try:
        wide = any(network.prefixlen == 0 for network in settings.proxies)
    except ValueError as error:
        raise BadSetting(
            f"GEOAPP_TRUSTED_PROXIES: {error}; give addresses or networks such as 10.1.2.3,10.9.0.0/24."
        ) from None
    if settings.log_format not in {"text", "json"}:
        raise BadSetting(f"GEOAPP_LOG_FORMAT={settings.log_format!r}: use text or json.")
    if settings.log_addresses not in {"short", "hash", "full", "none"}:
        raise BadSetting(f"GEOAPP_LOG_ADDRESSES={settings.log_addresses!r}: use short, hash, full or none.")
    if settings.grace_s < 0 or settings.disk_floor_mib < 0:
        raise BadSetting("GEOAPP_GRACE_S and GEOAPP_DISK_FLOOR_MIB cannot be below zero.")
    if not 0 <= settings.rate_limits <= 1000:
        raise BadSetting(f"GEOAPP_RATE_LIMITS={settings.rate_limits:g}: use a factor of 0 (off) to 1000.")
    if wide:
        raise BadSetting("GEOAPP_TRUSTED_PROXIES: to trust every address lets anybody invent one; name the proxies.")
