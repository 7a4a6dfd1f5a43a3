"""Practice: the call screen with invented people, all of them on the volunteer's own number.

Nothing of it is ever a row: what is practised is kept in the session until it is over, so that no
count has to leave it out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.calls.rules import CallInput
from app.calls.screen.ringing import CallPage, Line, Person, Script
from app.calls.wording import agreed_time, disposition_name
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.campaigns.rules import script
from app.campaigns.rules.definition import DEFAULT_SCRIPT
from app.campaigns.rules.following import Decision, PassedTo, PastCall, State, what_follows
from app.cases.models import Case
from app.i18n import lang
from app.i18n.moments import coming
from app.people.models import User
from app.residents.rules import phones


@dataclass(frozen=True)
class Scene:
    """An invented resident, and what is to be practised with them."""

    zh: str
    en: str
    room: str
    play: str
    """Which of ``play_of``'s words."""

    @property
    def name(self) -> str:
        """The name in the language being spoken."""
        return self.zh if lang() == "zh" else self.en


SCENES: Mapping[int, Scene] = {
    1: Scene("练晓明", "Practice Ming", "1-101", "nobody"),
    2: Scene("练桂兰", "Practice Lan", "1-202", "later"),
    3: Scene("练建国", "Practice Guo", "2-301", "aside"),
    4: Scene("练秀英", "Practice Ying", "2-502", "done"),
}
"""Invented: no resident is called so."""


def play_of(scene: Scene) -> str:
    """Say what to practise with this one."""
    words = {
        "nobody": _(
            "Tap the number: your phone rings yourself, and may sound busy. Hang up and come back. "
            "Play that nobody answered: one tap saves that."
        ),
        "later": _(
            "Play that she answers but has no time, and asks you to ring this evening. Choose "
            "that, choose a time, and save."
        ),
        "aside": _(
            "Play that you can't ring this one now. Lay the resident aside: the link is below "
            "the note."
        ),
        "done": _(
            "Play that all is answered. Choose that and save; then take it back once, as you would "
            "after a wrong tap."
        ),
    }
    return str(words[scene.play])


def campaign_for(session: Session, user: User) -> Campaign:
    """Return a campaign to practise with: the script and the rules of one that is open for the
    volunteer, else the usual ones. It is only looked at.
    """
    found = campaigns.open_campaigns(session, user)
    return found[0] if found else Campaign(
        id=0, title="", dispositions={}, rules_table={},
        script={code: dict(parts) for code, parts in DEFAULT_SCRIPT.items()},
    )  # fmt: skip


def practice_page(campaign: Campaign, place: int, number: str) -> CallPage:
    """Return the call screen of an invented resident."""
    scene = SCENES[place]
    address = str(_("Practice community %(room)s", room=scene.room))
    display, href = phones.display(number), phones.dial_uri(number)
    person = Person(
        case=Case(id=place, group_id=0, state="held"), name=scene.name, address=address, chips=[],
        remark="", why=str(_("Practice")), attempts=[], so_far="", held=True, early=False,
        before="", lines=[Line(0, number, display, href, str(_("Your own number")))],
    )  # fmt: skip
    return CallPage(
        campaign=campaign, batch_id=None, group_id=0, person=person, others=[],
        script=_script(campaign, address), left=len(SCENES) - place + 1,
    )  # fmt: skip


def _script(campaign: Campaign, community: str) -> Script:
    """The campaign's own, with a code that is nobody's."""
    spoken = lang()
    values = script.values(spoken, code="0000", office="", community=community)
    texts = {part: script.filled(text, values) for part, text in campaign.script[spoken].items()}
    return Script(lang=spoken, opening=texts["opening"], closing=texts["closing"])


@dataclass(frozen=True)
class CameTo:
    """What a practised call would have come to."""

    what: str
    then: str


def came_to(campaign: Campaign, said: CallInput, now: datetime) -> CameTo:
    """Say what the campaign's rules would make of a call; ``now`` is in the deployment's zone."""
    past = PastCall(
        said.disposition, said.started_at, 1, 1, said.direction, said.callback_at,
        said.callback_until,
    )  # fmt: skip
    decision = what_follows(campaign.rules, [past], 1, now)
    return CameTo(disposition_name(campaign, said.disposition), _then(decision, said, now))


def _then(decision: Decision, said: CallInput, now: datetime) -> str:
    if decision.appointment:
        when = agreed_time(said.callback_at, said.callback_until, now)
        return str(_("You would ring this resident again as agreed: %(time)s.", time=when))
    if decision.ready_at is not None:
        when = coming(decision.ready_at, now)
        if decision.by_another:
            return str(_("Somebody else would ring this resident, from %(time)s on.", time=when))
        return str(_("This resident would be rung again from %(time)s on.", time=when))
    if decision.state is State.DONE:
        return str(_("This resident would be settled: nobody rings again."))
    if decision.passed_to is PassedTo.LEADER:
        return str(_("This resident would stand on your leader's list, with your note."))
    return str(_("Somebody would go to this resident's door."))
