"""Bearer tokens: what they let a program be, and what is kept of them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm.exc import DetachedInstanceError

from app import prepared
from app.audit.models import AuditEntry
from app.db import Database
from app.people import queries, tokens
from app.people.models import ApiToken, User
from app.people.rules import ROLES, is_above, lesser_role
from app.people.tokens import Bearer
from app.problems import ForbiddenError, NotFoundError, Problem
from tests import cast
from tests.cast import BRIDGE, NOW, SCHOOL, Cast, Person


@pytest.fixture
def people(db: Database) -> Cast:
    return cast.standing(db)


def issue(
    db: Database, person: Person, role: str | None = None, actor: Person | None = None, **more: str
) -> tuple[ApiToken, str]:
    with db.writing() as session:
        user = session.get_one(User, person.user.id)
        return tokens.issue(session, actor and actor.user, NOW, user, role, **more)


def shown(db: Database, secret: str) -> Bearer | None:
    return tokens.bearer(db, secret)


def revoke(db: Database, token_id: int, actor: Person | None = None) -> None:
    with db.writing() as session:
        tokens.revoke(session, actor and actor.user, NOW, token_id)


def change(db: Database, person: Person, **facts: object) -> None:
    with db.writing() as session:
        for name, value in facts.items():
            setattr(session.get_one(User, person.user.id), name, value)


def acts(db: Database) -> list[tuple[str, str, int | None]]:
    with db.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == "token"))
        return [(entry.act, entry.subject_id, entry.user_id) for entry in entries]


def test_a_token_acts_for_its_user_in_the_users_role(db: Database, people: Cast) -> None:
    token, secret = issue(db, people.leader, label="  the   dialler ")

    bearer = shown(db, secret)

    assert bearer is not None
    assert (bearer.token_id, bearer.user.id) == (token.id, people.leader.user.id)
    assert (bearer.user.role, bearer.user.name) == ("leader", people.leader.name)
    assert token.label == "the dialler"
    assert acts(db) == [("token_issued", str(token.id), None)]


def test_a_secret_can_be_known_by_its_prefix_but_not_guessed(db: Database, people: Cast) -> None:
    secrets = {issue(db, people.volunteer)[1] for _ in range(5)}

    assert len(secrets) == 5
    for secret in secrets:
        assert secret.startswith("rr_")
        assert len(secret) >= len("rr_") + 160 / 6


def test_the_secret_is_kept_nowhere(db: Database, people: Cast) -> None:
    _token, secret = issue(db, people.volunteer)

    with db.reading() as session:
        rows = [*session.scalars(select(ApiToken)), *session.scalars(select(AuditEntry))]
    assert secret not in str([vars(row) for row in rows])
    assert secret.removeprefix("rr_") not in str([vars(row) for row in rows])


@pytest.mark.parametrize("secret", ["", "rr_", "rr_" + "x" * 32, "é", "x" * 10_000])
def test_what_is_no_token_is_nobodys(db: Database, people: Cast, secret: str) -> None:
    issue(db, people.volunteer)

    assert shown(db, secret) is None


def test_the_stored_hash_is_no_token_itself(db: Database, people: Cast) -> None:
    token, _secret = issue(db, people.volunteer)

    assert shown(db, token.token_hash) is None


@pytest.mark.parametrize(
    ("account", "asked"), [(mine, other) for mine in ROLES for other in ROLES if mine != other]
)
def test_a_token_is_never_above_its_user(db: Database, account: str, asked: str) -> None:
    person = cast.add(db, "某人", account)
    order = ["volunteer", "leader", "supervisor", "administrator"]
    if order.index(asked) < order.index(account):
        bearer = shown(db, issue(db, person, asked)[1])
        assert bearer is not None
        assert bearer.user.role == asked
        return

    with pytest.raises(Problem) as caught:
        issue(db, person, asked)

    assert (caught.value.code, caught.value.field) == ("token_role", "role")


def test_a_role_that_is_none_and_a_label_without_end_are_refused(
    db: Database, people: Cast
) -> None:
    with pytest.raises(Problem) as caught:
        issue(db, people.administrator, "boss")
    assert caught.value.code == "role_unknown"

    for label in ("x" * 81, "a\x1b[2Jb"):
        with pytest.raises(Problem) as caught:
            issue(db, people.volunteer, label=label)
        assert caught.value.code == "token_label"
    assert issue(db, people.volunteer, label="x" * 80)


def test_a_deactivated_user_gets_no_token(db: Database, people: Cast) -> None:
    change(db, people.volunteer, active=False)

    with pytest.raises(Problem) as caught:
        issue(db, people.volunteer)

    assert caught.value.code == "user_deactivated"


def test_a_role_taken_away_counts_at_once(db: Database, people: Cast) -> None:
    _token, secret = issue(db, people.supervisor, "leader")
    change(db, people.supervisor, role="volunteer")

    bearer = shown(db, secret)

    assert bearer is not None
    assert bearer.user.role == "volunteer"


def test_a_higher_role_does_not_grow_a_token(db: Database, people: Cast) -> None:
    _token, secret = issue(db, people.volunteer)
    change(db, people.volunteer, role="administrator")

    bearer = shown(db, secret)

    assert bearer is not None
    assert bearer.user.role == "volunteer"


def test_what_a_token_takes_away_is_never_written_to_the_account(
    db: Database, people: Cast
) -> None:
    _token, secret = issue(db, people.administrator, "volunteer")
    bearer = shown(db, secret)
    assert bearer is not None

    with db.writing() as session:
        session.add(bearer.user)
        session.flush()

    with db.reading() as session:
        assert session.get_one(User, people.administrator.user.id).role == "administrator"


def test_a_bearer_is_read_in_one_statement_and_knows_its_communities(
    db: Database, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _token, secret = issue(db, people.volunteer)
    statements: list[str] = []
    sound = prepared.run

    def note(driver: Any, sql: str, parameters: Any) -> Any:
        statements.append(sql)
        return sound(driver, sql, parameters)

    monkeypatch.setattr(prepared, "run", note)
    event.listen(db.engine, "before_cursor_execute", lambda *told: statements.append(str(told[2])))
    bearer = tokens.bearer(db, secret)
    assert bearer is not None
    assert len(statements) == 1
    assert "password_hash" not in statements[0]

    with db.reading() as session:
        seen = set(session.scalars(queries.scope(bearer.user)))

    assert seen == {BRIDGE, SCHOOL}
    with pytest.raises(DetachedInstanceError):
        _ = bearer.user.team


def test_a_deactivated_user_is_still_known_by_the_token(db: Database, people: Cast) -> None:
    """So that calls made before can be handed in."""
    _token, secret = issue(db, people.volunteer)
    change(db, people.volunteer, active=False)

    bearer = shown(db, secret)

    assert bearer is not None
    assert not bearer.user.active


def test_a_revoked_token_is_worth_nothing_and_the_others_stay(db: Database, people: Cast) -> None:
    token, secret = issue(db, people.volunteer)
    _other, kept = issue(db, people.volunteer)

    revoke(db, token.id)
    revoke(db, token.id)

    assert shown(db, secret) is None
    assert shown(db, kept) is not None
    assert [act for act, *_ in acts(db)].count("token_revoked") == 1


def test_there_is_no_revoking_what_is_not_there(db: Database) -> None:
    with pytest.raises(NotFoundError):
        revoke(db, 7)


def test_the_actor_needs_a_say_over_the_token(db: Database, people: Cast) -> None:
    token, _secret = issue(db, people.volunteer, actor=people.volunteer)
    assert issue(db, people.leader, actor=people.administrator)

    with pytest.raises(ForbiddenError):
        issue(db, people.volunteer, actor=people.supervisor)
    with pytest.raises(NotFoundError):
        revoke(db, token.id, actor=people.colleague)

    revoke(db, token.id, actor=people.volunteer)
    assert acts(db)[-1] == ("token_revoked", str(token.id), people.volunteer.user.id)


def test_a_token_gets_its_user_none_of_a_higher_role(db: Database, people: Cast) -> None:
    _token, secret = issue(db, people.administrator, "volunteer")
    bearer = shown(db, secret)
    assert bearer is not None

    with pytest.raises(ForbiddenError):
        issue(db, people.administrator, actor=Person(bearer.user, ""))


def test_a_list_names_the_users(db: Database, people: Cast) -> None:
    first, _ = issue(db, people.volunteer)
    second, _ = issue(db, people.leader)

    with db.reading() as session:
        every = tokens.list_tokens(session, None)
        mine = tokens.list_tokens(session, people.leader.user)

    assert [(token.id, name) for token, name in every] == [
        (first.id, people.volunteer.name),
        (second.id, people.leader.name),
    ]
    assert [token.id for token, _name in mine] == [second.id]


def test_the_last_use_is_noted_once_an_hour(db: Database, people: Cast) -> None:
    token, secret = issue(db, people.volunteer)

    def use(minutes: int) -> timedelta:
        with db.writing() as session:
            tokens.note_use(session, token.id, NOW + timedelta(minutes=minutes))
        bearer = shown(db, secret)
        assert bearer is not None
        assert bearer.last_used_at is not None
        return bearer.last_used_at - NOW

    assert [use(0), use(59), use(60), use(90)] == [
        timedelta(0), timedelta(0), timedelta(hours=1), timedelta(hours=1),
    ]  # fmt: skip


def test_roles_have_an_order() -> None:
    assert list(ROLES) == ["volunteer", "leader", "supervisor", "administrator"]
    for low, one in enumerate(ROLES):
        for high, other in enumerate(ROLES):
            assert is_above(one, other) == (low > high)
            assert lesser_role(one, other) == (one if low <= high else other)
