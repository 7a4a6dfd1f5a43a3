"""Who is the same person, and what a row then changes: the rules alone."""

import pytest

from app.problems import Place
from app.residents.rules.phones import Unusable
from app.residents.rules.rows import Draft, Rejected
from app.rosters.rules.placing import Row
from app.rosters.rules.same import Acquainted, Doubtful, Known, Person, look_alike
from app.rosters.rules.taking import Decided, Kind, Terms, decide

HERE, THERE = "320613009001", "320613009004"


def row(name: str, *phones: str, room: str | None = "101", code: str | None = HERE, **more) -> Row:
    building = "1幢" if room else None
    draft = Draft(Place(row=9), name, phones, building=building, room=room, **more)
    return Row.of(draft, code)


def on_record(one: Row) -> Person:
    """Somebody as this row would have brought them."""
    ((_, person),) = decide([one], Acquainted(), Terms()).newcomers
    return stored(person)


def stored(person: Person) -> Person:
    """The person as the next roster finds them."""
    person.id, person.is_newcomer, person.is_settled = 7, False, False
    return person


def came_to(known: Row, said: Row, terms: Terms | None = None) -> tuple[Person, Decided]:
    person, people = on_record(known), Acquainted()
    people.add(person)
    return person, decide([said], people, terms or Terms())


def outcome(decided: Decided) -> str:
    (what,) = {"accepted", "updated", "unchanged", "rejected"} & decided.counts.keys()
    return what


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (row("陈一", "1"), "unchanged"),
        (row("陈一"), "unchanged"),
        (row("陈一", "1", room=None), "unchanged"),
        (row("陈一", "1", room="102"), "updated"),
        (row("陈一", "2"), "updated"),
        (row("陈一", "2", room="102"), "accepted"),
        (row("陈一", room="102"), "accepted"),
        (row("陈一", "2", code=THERE), "accepted"),
        (row("陈二", "1"), "accepted"),
        (row("陈一", "1", relation="户主"), "updated"),
    ],
)
def test_name_and_number_or_name_and_address_are_one_person(said: Row, what: str) -> None:
    assert outcome(came_to(row("陈一", "1"), said)[1]) == what


def test_who_has_neither_is_known_by_name_in_a_community() -> None:
    bare = row("陈一", room=None)

    assert outcome(came_to(bare, bare)[1]) == "unchanged"
    assert outcome(came_to(bare, row("陈一", room=None, code=THERE))[1]) == "accepted"
    assert outcome(came_to(row("陈一", "1"), bare)[1]) == "accepted"
    assert outcome(came_to(bare, row("陈一", "1", room=None))[1]) == "accepted"


def test_of_two_with_one_name_and_number_it_is_who_lives_there() -> None:
    people = Acquainted()
    rows = (row("陈一", "1"), row("陈一", "1", room="102"), row("陈一", "1", code=THERE))
    father, son, uncle = map(on_record, rows)
    for person in (father, son, uncle):
        people.add(person)

    assert people.same("陈一", HERE, son.home, ["1"]) is son
    assert people.same("陈一", HERE, father.home, ["1"]) is father
    assert people.same("陈一", THERE, uncle.home, ["1"]) is uncle


def test_who_moves_says_where_to() -> None:
    person, decided = came_to(row("陈一", "1"), row("陈一", "1", room=None, code=THERE))
    assert (outcome(decided), person.community) == ("unchanged", HERE)

    said = row("陈一", "1", code=THERE)
    person, decided = came_to(row("陈一", "1"), said)
    assert (person.community, decided.homes) == (THERE, [said])


def test_another_writing_of_an_address_changes_nothing() -> None:
    assert outcome(came_to(row("陈一", "1"), row("陈一", "1", room="0101"))[1]) == "unchanged"


@pytest.mark.parametrize(
    ("known", "name", "remark", "numbers"),
    [
        (Known.UPDATE, "陈一", "新", ["2"]),
        (Known.FILL, "陈一", "旧", ["1", "2"]),
        (Known.KEEP, "陈一", "旧", ["1"]),
    ],
)
def test_what_a_row_changes_is_the_users_choice(
    known: Known, name: str, remark: str, numbers: list[str]
) -> None:
    said = row("陈一", "2", remark="新")
    person, _ = came_to(row("陈一", "1", remark="旧"), said, Terms(known=known))

    assert (person.name, person.values["remark"], person.numbers) == (name, remark, numbers)


def test_what_a_row_leaves_open_it_does_not_take_away() -> None:
    person, decided = came_to(
        row("陈一", "1", "2", remark="旧", language="南通话"), row("陈一", "2")
    )

    assert (outcome(decided), person.numbers) == ("unchanged", ["1", "2"])
    assert (person.values["remark"], person.values["language"]) == ("旧", "南通话")


def test_a_number_put_right_is_no_longer_unusable() -> None:
    wrong = row("陈一", unusable=(Unusable("139", "too_short"),), unusable_in=("F",))
    person, _ = came_to(wrong, row("陈一", "1"))

    assert (person.numbers, person.values["unusable"]) == (["1"], [])
    person, _ = came_to(wrong, row("陈一", "1"), Terms(known=Known.FILL))
    assert (person.numbers, len(person.values["unusable"])) == (["1"], 1)


def test_a_later_row_of_one_roster_adds_and_never_contradicts() -> None:
    people = Acquainted()
    rows = [row("陈一", "1", remark="甲"), row("陈一", "2", remark="乙", language="南通话")]
    first = decide(rows, people, Terms())
    ((_, person),) = first.newcomers

    assert (first.counts["accepted"], first.counts["unchanged"]) == (1, 1)
    assert person.numbers == ["1", "2"]
    assert (person.values["remark"], person.values["language"]) == ("甲", "南通话")
    stored(person)
    again = decide(rows, people, Terms())
    assert again.counts == {"unchanged": 2}
    assert again.matched == [person]


def test_what_stood_there_before_the_roster_is_known_to_the_last() -> None:
    person, people = on_record(row("陈一", "1")), Acquainted()
    people.add(person)
    decide([row("陈一", "2"), row("陈一", "3")], people, Terms())

    assert person.changes == {"numbers": (["1"], ["2", "3"])}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("王先生", "王小明", True),
        ("王*明", "王小明", True),
        ("王某某", "王小明", True),
        ("王**", "王小明", True),
        ("李先生", "王小明", False),
        ("王小红", "王小明", False),
        ("王*红", "王小明", False),
        ("王小明", "王小明", False),
        ("先生", "王小明", False),
        ("王.明", "王小明", False),
        ("王xx", "王小明", True),
        ("Tom", "Tim", False),
    ],
)
def test_two_writings_of_a_name(one: str, other: str, alike: bool) -> None:
    assert look_alike(one, other) == look_alike(other, one) == alike


@pytest.mark.parametrize(
    ("choice", "what"),
    [
        (Doubtful.NEW, "accepted"),
        (Doubtful.SAME, "unchanged"),
        (Doubtful.LEAVE, "left_out"),
        (None, "left_out"),
    ],
)
def test_another_writing_is_for_somebody_to_decide(choice: Doubtful | None, what: str) -> None:
    said = {} if choice is None else {(None, 9): choice}
    for terms in (Terms(doubtful=choice), Terms(doubtful=None, decided=said)):
        _, decided = came_to(row("王小明", "1"), row("王先生", "1"), terms)
        assert decided.notes[0].kind is Kind.DOUBTFUL
        assert decided.counts == {"doubtful": 1, what: 1}


def test_who_lives_where_one_has_no_say_is_not_changed() -> None:
    terms = Terms(allowed=frozenset([THERE]))
    person, decided = came_to(row("陈一", "1"), row("陈一", "1", code=THERE, remark="新"), terms)

    assert (outcome(decided), person.values["remark"]) == ("unchanged", "")
    assert outcome(decide([row("陈二")], Acquainted(), terms)) == "rejected"


def test_the_numbers_of_somebody_who_is_being_rung_stay() -> None:
    person, people = on_record(row("陈一", "1")), Acquainted()
    person.is_in_hand = True
    people.add(person)
    decided = decide([row("陈一", "2", remark="新")], people, Terms())

    assert (person.numbers, person.values["remark"]) == (["1"], "新")
    assert "row_in_hand" in [note.code for note in decided.notes]


def test_what_was_written_in_a_rejected_cell_is_kept_apart_from_the_reason() -> None:
    rejected = Rejected(Place(row=3), "row_name_not_a_name", {"text": "138"})
    (note,) = decide([rejected], Acquainted(), Terms()).notes

    assert (note.values, note.text) == ({}, "138")
