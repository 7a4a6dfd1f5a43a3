"""Settings: read from the environment once, checked, and handed on as one frozen value."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LANGUAGES = ("zh", "en")
ROOT = Path(__file__).resolve().parent.parent
DATABASES = ("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")


DIAL = "tel:{e164}"
"""The telephone's own address, where nothing else is set."""
DIALS = ("tel:", "sip:", "https://")
"""How an address that dials may begin."""
TIMEZONE = ZoneInfo("Asia/Shanghai")
"""Where nothing else is set."""


class SettingsError(Exception):
    """A setting in the environment can't be used; the message names it and what would do."""


@dataclass(frozen=True)
class Settings:
    """Everything a deployment decides. ``docs/settings.md`` lists the variables."""

    instance: Path
    """Folder for the database, the secret key and files."""
    database_url: str
    secret_key: str
    lang: str = "zh"
    timezone: ZoneInfo = TIMEZONE
    area_code: str = "0513"
    """Prepended to landline numbers that stand without one."""
    secure_cookies: bool = True
    """Browsers then send the session over TLS only (and to their own loopback address)."""
    proxies: int = 0
    """How many trusted reverse proxies stand in front and set X-Forwarded-*."""
    base_url: str = ""
    """The address people use, where the deployment says it; see ``web.address``."""
    office_number: str = ""
    """The community office's number for campaigns that name none, as people are to read it."""
    upload_bytes: int = 200 * 1024 * 1024
    """Of a roster; of anything else at most ``web.USUAL_BYTES``."""
    api_per_minute: int = 3000
    """Requests of one API token."""
    dial: str = DIAL
    """The address behind the dial button; ``{e164}`` stands for the number."""
    root: Path = ROOT
    """Where templates, static files and translations lie."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read every ``RINGROUND_*`` variable and ``DATABASE_URL``.

        Raises SettingsError for a value that can't be used.
        """
        instance = _folder(Path(environ.get("RINGROUND_INSTANCE") or ROOT / "instance").resolve())
        return cls(
            instance=instance,
            database_url=_database_url(environ, f"sqlite:///{instance}/ringround.sqlite"),
            secret_key=environ.get("RINGROUND_SECRET_KEY") or stored_secret(instance),
            lang=_choice(environ, "RINGROUND_LANG", LANGUAGES),
            timezone=_zone(environ.get("RINGROUND_TIMEZONE") or TIMEZONE.key),
            area_code=_area_code(environ.get("RINGROUND_AREA_CODE") or "0513"),
            secure_cookies=_choice(environ, "RINGROUND_SECURE_COOKIES", ("1", "0")) == "1",
            proxies=_count(environ, "RINGROUND_PROXIES", 0),
            base_url=_address(environ.get("RINGROUND_BASE_URL") or ""),
            office_number=_number(environ.get("RINGROUND_OFFICE_NUMBER") or ""),
            upload_bytes=_count(environ, "RINGROUND_UPLOAD_MB", 200) * 1024 * 1024,
            api_per_minute=_count(environ, "RINGROUND_API_PER_MINUTE", 3000, least=1),
            dial=_dial(environ.get("RINGROUND_DIAL") or DIAL),
        )


def stored_secret(instance: Path) -> str:
    """Return the instance's secret key, made at first start and readable by its owner only."""
    path = instance / "secret-key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        key = secrets.token_hex(32)
        file.write(key)
    return key


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"RINGROUND_INSTANCE={path}: {error.strerror}") from error
    return path


def _database_url(environ: Mapping[str, str], default: str) -> str:
    url = environ.get("DATABASE_URL") or default
    if not url.startswith(DATABASES):
        # Not the value itself: a password may stand in it.
        raise SettingsError(f"DATABASE_URL: must begin with one of {', '.join(DATABASES)}")
    return url


def _choice(environ: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = environ.get(name) or allowed[0]
    if value not in allowed:
        raise SettingsError(f"{name}={value}: must be one of {', '.join(allowed)}")
    return value


def _count(environ: Mapping[str, str], name: str, default: int, *, least: int = 0) -> int:
    value = environ.get(name) or str(default)
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise SettingsError(f"{name}={value}: must be a whole number, {least} or more")
    return int(value)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(f"RINGROUND_TIMEZONE={name}: no such time zone") from error


def _dial(address: str) -> str:
    """A call to a browser's own schemes, or to a page that is not encrypted, is none."""
    whole = address.isascii() and address.isprintable() and not set(address) & set(" \"'<>`\\")
    if not (whole and address.startswith(DIALS) and address.count("{e164}") == 1):
        raise SettingsError(
            f"RINGROUND_DIAL={address}: must begin with one of {', '.join(DIALS)} and hold "
            "{e164} once, where the number goes"
        )
    if set(address.replace("{e164}", "")) & set("{}"):
        raise SettingsError(f"RINGROUND_DIAL={address}: must hold no braces but {{e164}}")
    return address


def _address(text: str) -> str:
    """It is printed on cards: what can't be opened must not get there."""
    if text and not text.startswith(("https://", "http://")):
        raise SettingsError(f"RINGROUND_BASE_URL={text}: must begin with https:// or http://")
    return text.rstrip("/")


def _area_code(code: str) -> str:
    if not (code.isascii() and code.isdigit() and code.startswith("0")):
        raise SettingsError(f"RINGROUND_AREA_CODE={code}: must be digits that begin with 0")
    return code


def _number(number: str) -> str:
    if number and not re.fullmatch(r"\+?[0-9][0-9 ()-]{2,24}", number):
        raise SettingsError(f"RINGROUND_OFFICE_NUMBER={number}: must be a telephone number")
    return number
