"""What a volunteer hears when their batch is over: that it is done, or was taken back."""

from app.cases.service import moving
from app.cases.service.moving import Which
from tests.calls.forms import call_form, send
from tests.cases.town import Town
from tests.cast import words
from tests.house.pages import CheckingClient


def test_whose_batch_was_taken_back_is_not_told_that_it_is_done(
    town: Town, client: CheckingClient
) -> None:
    me, done = town.people.volunteer, "This batch is done"
    send(client, call_form(client, town, "甲", disposition="no_answer"))
    filled = call_form(client, town, "乙", disposition="no_answer")
    which = Which(campaign=town.campaign, user=me.user.id)
    with town.db.writing() as session:
        moving.move(session, town.people.leader.user, town.now, which)

    page = words(client.get(send(client, filled).location))
    assert "What was left of this batch was taken back" in page
    assert done not in page

    town.batch(me, 1)
    (name,) = town.in_hand(me)
    filled = call_form(client, town, name, disposition="busy")
    page = words(client.get(send(client, filled).location))
    assert done in page


def test_who_saves_nothing_any_more_is_told_so_on_the_first_page(
    town: Town, client: CheckingClient
) -> None:
    me = town.people.volunteer
    taken, over = "What was left was taken back at", "The time for your last residents ran out at"
    assert taken not in words(client.get("/calls"))
    which = Which(campaign=town.campaign, user=me.user.id)
    with town.db.writing() as session:
        moving.move(session, town.people.leader.user, town.now, which)

    assert f"{taken} {town.now:%H:%M}" in words(client.get("/calls"))
    batch = town.batch(me, 1)
    page = words(client.get("/calls"))
    assert taken not in page, "there is work again"
    town.wait(hours=9)
    town.sweep()
    assert f"{over} {town.now:%H:%M}" in words(client.get("/calls"))
    batch = town.batch(me, 1)
    town.release(me, batch)
    page = words(client.get("/calls"))
    assert taken not in page
    assert over not in page, "the volunteer did it"
