"""Settings come from the environment, are checked once, and say what is wrong with them."""

import stat
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.config import Settings, SettingsError, stored_secret


def from_environment(instance: Path, **environ: str) -> Settings:
    return Settings.from_environment({"RINGROUND_INSTANCE": str(instance), **environ})


def test_without_any_variable_a_deployment_has_these(tmp_path: Path) -> None:
    found = from_environment(tmp_path / "new" / "folder")

    assert found == Settings(
        instance=tmp_path / "new" / "folder",
        database_url=f"sqlite:///{tmp_path}/new/folder/ringround.sqlite",
        secret_key=(tmp_path / "new" / "folder" / "secret-key").read_text(),
        lang="zh",
        timezone=ZoneInfo("Asia/Shanghai"),
        area_code="0513",
        secure_cookies=True,
        proxies=0,
        base_url="",
        upload_bytes=200 * 1024 * 1024,
        dial="tel:{e164}",
    )


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("DATABASE_URL", "postgresql://db/ringround", "database_url", "postgresql://db/ringround"),
        ("RINGROUND_SECRET_KEY", "s" * 40, "secret_key", "s" * 40),
        ("RINGROUND_LANG", "en", "lang", "en"),
        ("RINGROUND_TIMEZONE", "Asia/Urumqi", "timezone", ZoneInfo("Asia/Urumqi")),
        ("RINGROUND_AREA_CODE", "021", "area_code", "021"),
        ("RINGROUND_SECURE_COOKIES", "0", "secure_cookies", False),
        ("RINGROUND_SECURE_COOKIES", "1", "secure_cookies", True),
        ("RINGROUND_PROXIES", "2", "proxies", 2),
        ("RINGROUND_BASE_URL", "https://ring.example/", "base_url", "https://ring.example"),
        ("RINGROUND_UPLOAD_MB", "5", "upload_bytes", 5 * 1024 * 1024),
        ("RINGROUND_API_PER_MINUTE", "600", "api_per_minute", 600),
        ("RINGROUND_OFFICE_NUMBER", "0513-8532 1234", "office_number", "0513-8532 1234"),
        (
            "RINGROUND_DIAL",
            "https://pbx.example/?to={e164}",
            "dial",
            "https://pbx.example/?to={e164}",
        ),
    ],
)
def test_a_variable_sets_its_setting(
    tmp_path: Path, variable: str, text: str, name: str, value: object
) -> None:
    assert getattr(from_environment(tmp_path, **{variable: text}), name) == value


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("RINGROUND_LANG", "fr"),
        ("RINGROUND_API_PER_MINUTE", "0"),
        ("RINGROUND_OFFICE_NUMBER", "the office"),
        ("RINGROUND_TIMEZONE", "Asia/Nantong"),
        ("RINGROUND_TIMEZONE", "../../etc/passwd"),
        ("RINGROUND_AREA_CODE", "513"),
        ("RINGROUND_AREA_CODE", "0a"),
        ("RINGROUND_AREA_CODE", "０５１３"),
        ("RINGROUND_SECURE_COOKIES", "yes"),
        ("RINGROUND_PROXIES", "-1"),
        ("RINGROUND_PROXIES", "two"),
        ("RINGROUND_UPLOAD_MB", "1.5"),
        ("RINGROUND_UPLOAD_MB", "٣"),
        ("RINGROUND_DIAL", "tel:"),
        ("RINGROUND_DIAL", "tel:{e164}{e164}"),
        ("RINGROUND_DIAL", "tel:{e164}{name}"),
        ("RINGROUND_DIAL", "http://pbx.example/{e164}"),
        ("RINGROUND_DIAL", "javascript:alert({e164})"),
        ("RINGROUND_DIAL", 'tel:{e164}" onclick="'),
    ],
)
def test_a_value_that_cannot_be_used_is_named(tmp_path: Path, variable: str, text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        from_environment(tmp_path, **{variable: text})

    assert str(raised.value).startswith(f"{variable}={text}: ")


def test_an_empty_variable_is_as_none(tmp_path: Path) -> None:
    empty = dict.fromkeys(
        ("DATABASE_URL", "RINGROUND_SECRET_KEY", "RINGROUND_LANG", "RINGROUND_TIMEZONE",
         "RINGROUND_AREA_CODE", "RINGROUND_SECURE_COOKIES", "RINGROUND_PROXIES",
         "RINGROUND_BASE_URL", "RINGROUND_UPLOAD_MB"),
        "",
    )  # fmt: skip

    assert from_environment(tmp_path, **empty) == from_environment(tmp_path)


def test_the_secret_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    made = stored_secret(tmp_path)

    assert stored_secret(tmp_path) == made
    assert len(bytes.fromhex(made)) == 32
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_two_instances_have_two_keys(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    assert stored_secret(tmp_path / "a") != stored_secret(tmp_path / "b")
