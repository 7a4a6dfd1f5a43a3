"""Call groups: who is handed out together."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cases.rules.groups import LARGEST_GROUP, Member, form_groups


def member(id_: int, *numbers: int, home: int | None = None) -> Member:
    return Member(id_, home, numbers)


@pytest.mark.parametrize(
    ("members", "groups"),
    [
        ([], []),
        ([member(1, 11), member(2, 12)], [[1], [2]]),
        ([member(1), member(2)], [[1], [2]]),
        # A household, with and without numbers.
        ([member(1, 11, home=5), member(2, 12, home=5), member(3, home=5)], [[1, 2, 3]]),
        ([member(1, 11, home=5), member(2, 12, home=6)], [[1], [2]]),
        # A shared number across households.
        ([member(1, 11, home=5), member(2, 11, home=6)], [[1, 2]]),
        # A bridge: 2 shares a number with 1 and another with 3.
        ([member(1, 11), member(2, 11, 12), member(3, 12)], [[1, 2, 3]]),
        # Two households whom one number joins.
        (
            [member(1, 11, home=5), member(2, home=5), member(3, 11, home=6), member(4, home=6)],
            [[1, 2, 3, 4]],
        ),
        # The order is that of the members, in a group and among groups.
        ([member(9, 11), member(4, 12), member(7, 11), member(1, 12)], [[9, 7], [4, 1]]),
        # A number written twice for one resident ties nobody.
        ([member(1, 11, 11), member(2, 12)], [[1], [2]]),
    ],
)
def test_who_is_one_group(members: list[Member], groups: list[list[int]]) -> None:
    assert form_groups(members) == groups


def test_a_number_of_eight_is_a_group() -> None:
    members = [member(n, 11) for n in range(8)]

    assert form_groups(members) == [list(range(8))]


def test_a_number_of_nine_is_a_shared_line_that_ties_nobody() -> None:
    members = [member(n, 11) for n in range(9)]

    assert form_groups(members) == [[n] for n in range(9)]


def test_a_household_stays_together_beside_a_shared_line() -> None:
    members = [member(n, 11, home=n // 2) for n in range(10)]

    assert form_groups(members) == [[n, n + 1] for n in range(0, 10, 2)]


def test_a_household_of_nine_is_cut_at_eight() -> None:
    assert form_groups([member(n, home=5) for n in range(9)]) == [list(range(8)), [8]]


def test_a_chain_stops_growing_at_eight() -> None:
    """Each shares a number with the next: no group may swallow the whole street."""
    groups = form_groups([member(n, n, n + 1) for n in range(20)])

    assert [len(group) for group in groups] == [8, 8, 4]


def test_households_come_before_shared_numbers() -> None:
    """The number would fill the group first; the household must not be torn for it."""
    number = [member(n, 11) for n in range(7)]
    household = [member(7, 11, home=5), member(8, home=5)]

    groups = form_groups([*number, *household])

    assert [7, 8] in groups


MEMBERS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(1, 6)),
        st.lists(st.integers(1, 12), max_size=3).map(tuple),
    ),
    max_size=40,
).map(lambda rows: [Member(id_, home, numbers) for id_, (home, numbers) in enumerate(rows)])


@given(MEMBERS)
def test_groups_are_a_partition_into_eight_at_most(members: list[Member]) -> None:
    groups = form_groups(members)

    assert sorted(id_ for group in groups for id_ in group) == [one.id for one in members]
    assert all(1 <= len(group) <= LARGEST_GROUP for group in groups)
    assert groups == sorted(sorted(group) for group in groups)
    assert form_groups(members) == groups


@given(MEMBERS)
def test_whoever_is_tied_is_together_while_there_is_room(members: list[Member]) -> None:
    """Two who share a number or a home are apart only where the two groups would not fit."""
    groups = form_groups(members)
    group_of = {id_: group for group in groups for id_ in group}
    owners = Counter(number for one in members for number in set(one.numbers))
    lines = {number for number, many in owners.items() if many > LARGEST_GROUP}

    for one in members:
        for other in members:
            shared = (set(one.numbers) & set(other.numbers)) - lines
            home = one.household is not None and one.household == other.household
            left, right = group_of[one.id], group_of[other.id]
            if (shared or home) and left is not right:
                tied = (
                    sum(one.household == m.household for m in members) if home else 0,
                    *(sum(n in m.numbers for m in members) for n in shared),
                )
                assert len(left) + len(right) > LARGEST_GROUP or max(tied) > 2


@given(MEMBERS)
def test_nobody_is_tied_to_a_stranger(members: list[Member]) -> None:
    """Within a group one reaches everybody over homes and numbers."""
    by_id = {one.id: one for one in members}
    for group in form_groups(members):
        reached, waiting = {group[0]}, [group[0]]
        while waiting:
            one = by_id[waiting.pop()]
            near = {n for n in group if _tied(one, by_id[n])} - reached
            reached |= near
            waiting += near
        assert reached == set(group)


def _tied(one: Member, other: Member) -> bool:
    home = one.household is not None and one.household == other.household
    return home or bool(set(one.numbers) & set(other.numbers))
