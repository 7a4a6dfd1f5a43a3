"""Accounts by command line: an invitation link, and never a password."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.db import Database
from app.people import tokens
from app.people.models import User
from tests import cast
from tests.cast import BRIDGE, HARBOUR
from tests.cli.conftest import Shell
from tests.house.pages import CheckingClient

LINK = re.compile(r"http://127\.0\.0\.1:8000/join#((?:[2-9A-Z]{4}-){2}[2-9A-Z]{4})\n")
SECRET = re.compile(r"rr_[\w-]{27,}\n")


def test_adding_prints_the_link_alone_on_standard_output(shell: Shell, db: Database) -> None:
    cast.communities(db)

    added = shell(
        "users", "add", "徐莉", "--role", "supervisor", "--team", "观音山街道",
        "--community", BRIDGE, "--community", HARBOUR, "--languages", "普通话，南通话, ",
    )  # fmt: skip

    assert LINK.fullmatch(added.stdout)
    assert added.stderr == "Invitation for 徐莉, good for 7 days:\n"
    assert shell.json("users", "list") == [
        {
            "name": "徐莉",
            "role": "supervisor",
            "team": "观音山街道",
            "communities": [BRIDGE, HARBOUR],
            "languages": ["普通话", "南通话"],
            "active": True,
        }
    ]


def test_the_link_opens_the_account_once(shell: Shell, app: Flask) -> None:
    code = _code(shell("users", "add", "徐莉", "--role", "administrator").stdout)

    def join(password: str) -> int:
        browser = app.test_client()
        assert isinstance(browser, CheckingClient)
        filled = {"code": code, "password": password, "again": password}
        return browser.submit("/join", action="", **filled).status_code

    assert join("correct horse") == 302
    assert join("another horse") == 200


def _code(link: str) -> str:
    found = LINK.fullmatch(link)
    assert found
    return found[1]


def test_a_new_invitation_replaces_the_old_one(shell: Shell, db: Database) -> None:
    first = _code(shell("users", "add", "徐莉", "--role", "leader").stdout)
    with db.reading() as session:
        before = session.scalars(select(User.invitation_hash)).one()

    second = _code(shell("users", "invite", "徐莉").stdout)

    with db.reading() as session:
        assert session.scalars(select(User.invitation_hash)).one() != before
    assert second != first


def test_neither_link_nor_code_is_kept_as_written(shell: Shell, db: Database) -> None:
    code = _code(shell("users", "add", "徐莉", "--role", "leader").stdout)

    with db.reading() as session:
        user = session.scalars(select(User)).one()
        entries = session.scalars(select(AuditEntry)).all()
    kept = f"{vars(user)} {[vars(entry) for entry in entries]}"
    assert code not in kept
    assert code.replace("-", "") not in kept
    assert {entry.act for entry in entries} == {"user_added", "user_invited"}
    assert "徐莉" not in str([vars(entry) for entry in entries])


def test_a_list_for_people_names_role_and_state(shell: Shell) -> None:
    shell("users", "add", "徐莉", "--role", "leader")

    lines = shell("users", "list").stdout.splitlines()

    assert lines[0].split() == ["Name", "Role", "Team", "Communities", "Languages", "State"]
    assert lines[1].split() == ["徐莉", "Team", "leader", "active"]
    # Chinese is twice as wide: the columns begin at the same place on a terminal.
    assert lines[0].index("Role") == lines[1].index("Team leader") + len("徐莉")


def test_nothing_at_all_is_an_empty_list(shell: Shell) -> None:
    assert shell.json("users", "list") == []
    assert shell.json("campaign", "list") == []
    assert shell.json("residents") == []


@pytest.mark.parametrize(
    ("words", "exits", "said"),
    [
        (["陈", "--role", "boss"], 2, "boss"),
        (["陈"], 2, "--role"),
        (["陈", "--role", "leader", "--community", "1"], 2, "community 1 "),
        (["徐莉", "--role", "leader"], 1, "徐莉"),
        ([" ", "--role", "leader"], 1, "1 to 40"),
        (["x" * 41, "--role", "leader"], 1, "1 to 40"),
    ],
)
def test_an_account_that_cannot_be_is_refused(
    words: list[str], exits: int, said: str, shell: Shell
) -> None:
    shell("users", "add", "徐莉", "--role", "leader")

    refused = shell("users", "add", *words, exits=exits)

    assert said in refused.stderr
    assert refused.stdout == ""
    assert len(shell.json("users", "list")) == 1


def test_a_name_that_is_taken_is_taken_in_any_letters(shell: Shell) -> None:
    shell("users", "add", "Anna", "--role", "leader")

    assert "ANNA" in shell("users", "add", "ANNA", "--role", "leader", exits=1).stderr


def test_a_list_for_people_tells_how_many_communities(shell: Shell, db: Database) -> None:
    cast.communities(db)
    shell("users", "add", "甲", "--role", "supervisor", "--community", BRIDGE)
    shell("users", "add", "乙", "--role", "supervisor", "--community", BRIDGE,
          "--community", HARBOUR)  # fmt: skip

    listed = shell("users", "list").stdout

    assert BRIDGE not in listed
    assert "1 community " in listed
    assert "2 communities " in listed


def test_a_team_that_bears_no_streets_name_is_warned_of(shell: Shell, db: Database) -> None:
    cast.communities(db)

    odd = shell("users", "add", "甲", "--role", "volunteer", "--team", "观音山")

    assert LINK.fullmatch(odd.stdout)
    assert "“观音山”: this team has no communities" in odd.stderr


def test_a_token_is_printed_alone_on_standard_output(shell: Shell, db: Database) -> None:
    shell("users", "add", "徐莉", "--role", "leader")

    printed = shell("users", "token", "徐莉", "--role", "volunteer", "--label", "the dialler")

    assert SECRET.fullmatch(printed.stdout)
    assert "徐莉 (Volunteer)" in printed.stderr
    assert printed.stdout.strip() not in printed.stderr
    bearer = tokens.bearer(db, printed.stdout.strip())
    assert bearer is not None
    assert (bearer.user.name, bearer.user.role) == ("徐莉", "volunteer")


def test_tokens_are_listed_without_what_they_are(shell: Shell) -> None:
    shell("users", "add", "徐莉", "--role", "leader")
    shell("users", "add", "陈一", "--role", "volunteer")
    secret = shell("users", "token", "徐莉", "--label", "dialler").stdout.strip()
    shell("users", "token", "陈一")
    first = {
        "id": 1, "user": "徐莉", "role": "leader", "label": "dialler",
        "created": "2026-11-24T10:00:00+08:00", "last_used": None, "revoked": None,
    }  # fmt: skip

    assert shell.json("users", "tokens", "徐莉") == [first]
    assert [token["user"] for token in shell.json("users", "tokens")] == ["徐莉", "陈一"]
    lines = shell("users", "tokens").stdout.splitlines()
    assert lines[0].split() == [
        "Id", "Name", "Role", "Label", "Created", "Last", "used", "Revoked",
    ]  # fmt: skip
    assert lines[1].split() == ["1", "徐莉", "Team", "leader", "dialler", "24", "Nov", "10:00"]
    assert secret not in str(lines)


def test_a_revoked_token_says_so(shell: Shell, db: Database) -> None:
    shell("users", "add", "徐莉", "--role", "leader")
    secret = shell("users", "token", "徐莉").stdout.strip()

    assert shell("users", "revoke", "1").stdout == "Token 1 is revoked.\n"
    shell("users", "revoke", "1")

    assert shell.json("users", "tokens")[0]["revoked"] == "2026-11-24T10:00:00+08:00"
    assert tokens.bearer(db, secret) is None


def test_an_account_is_closed_and_opened_again(shell: Shell) -> None:
    shell("users", "add", "徐莉", "--role", "leader")

    assert shell("users", "deactivate", "徐莉").stdout.startswith("徐莉 is deactivated")
    assert not shell.json("users", "list")[0]["active"]
    assert "Activate it first." in shell("users", "token", "徐莉", exits=1).stderr

    assert shell("users", "activate", "徐莉").stdout == "徐莉 is active.\n"
    assert shell.json("users", "list")[0]["active"]


@pytest.mark.parametrize(
    ("words", "exits", "said"),
    [
        (["token", "nobody"], 2, "nobody"),
        (["tokens", "nobody"], 2, "nobody"),
        (["deactivate", "nobody"], 2, "nobody"),
        (["activate", "nobody"], 2, "nobody"),
        (["revoke", "7"], 2, "token 7"),
        (["revoke", "0"], 2, "0"),
        (["revoke", "x"], 2, "x"),
        (["token", "徐莉", "--role", "boss"], 2, "boss"),
        (["token", "徐莉", "--role", "supervisor"], 1, "Choose leader or a lesser role."),
        (["token", "徐莉", "--label", "x" * 81], 1, "80"),
    ],
)
def test_a_token_that_cannot_be_is_refused(
    words: list[str], exits: int, said: str, shell: Shell
) -> None:
    shell("users", "add", "徐莉", "--role", "leader")

    refused = shell("users", *words, exits=exits)

    assert said in refused.stderr
    assert refused.stdout == ""
    assert shell.json("users", "tokens") == []
