"""How far a campaign is."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from pydantic import Field
from sqlalchemy.orm import Session

from app.api.access import actor
from app.api.campaigns import CommunityName, named
from app.api.fields import Answer, Asked, AsOf, CommunityCode, Id, Stamp
from app.api.moments import moment_of
from app.api.operations import operation
from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.people.rules import STAFF
from app.problems import NotFoundError, Problem
from app.progress import queries
from app.progress.queries import CommunityProgress, VolunteerProgress
from app.progress.rules.counting import Tally, aapor_counts, in_order
from app.progress.rules.rates import LETTERS, estimated_eligibility, rates
from app.web import now, reading


class ProgressQuery(Asked):
    """Of which community, and of when."""

    community: CommunityCode | None = None
    as_of: AsOf | None = None


class Figures(Answer):
    """Cases of a territory."""

    total: int
    accounted_for: int = Field(description="With a final outcome, or on the door list.")
    completed: int
    door: int = Field(description="On a captain's door list.")


class CommunityFigures(CommunityName, Figures):
    """The cases of one community."""


class VolunteerFigures(Answer):
    """What one volunteer has done; a call on a household is one call."""

    user_id: Id
    name: str
    calls: int
    reached: int
    completed: int
    held: int = Field(default=0, description="In hand now; not told of an earlier moment.")
    last_call_at: Stamp | None


class Progress(Figures):
    """The figures of a campaign, as a report of the same moment has them."""

    campaign_id: Id
    as_of: Stamp
    position: int = Field(description="The last call counted; it states the moment exactly.")
    dispositions: dict[str, int] = Field(description="Cases by what they came to so far.")
    counts: dict[str, int] = Field(description="Cases under the letters of the AAPOR rates.")
    e: float | None = Field(description="Estimated share of eligible ones among the unknown.")
    rates: dict[str, float | None] = Field(description="AAPOR rates; null where undefined.")
    communities: list[CommunityFigures]
    volunteers: list[VolunteerFigures]


@operation(
    "GET",
    "/campaigns/<int:campaign_id>/progress",
    "Counts, AAPOR rates, and what each volunteer did.",
    roles=STAFF,
    answers={200: Progress},
    problems=(409,),
)
def show(query: ProgressQuery, campaign_id: int) -> Progress:
    """Of the communities that the user may see, or one of them; now, or as of a moment."""
    moment = moment_of(query.as_of) if query.as_of else None
    with reading() as session:
        campaign = campaigns.get_campaign(session, actor(), campaign_id)
        position = None if moment is None else _position(session, campaign, moment)
        found = _communities(session, campaign, position)
        if query.community:
            found = [row for row in found if row.community.code == query.community]
        if query.community and not found:
            raise NotFoundError(f"community {query.community}")
        codes = [row.community.code for row in found]
        volunteers = queries.by_volunteer(session, campaign, codes, position)
    return _progress(campaign, moment, position, found, volunteers)


def _position(session: Session, campaign: Campaign, moment: datetime) -> int:
    if campaign.opened_at is None:
        raise Problem("campaign_not_open")
    if moment < campaign.opened_at:
        raise Problem("as_of_before_opening", field="as_of")
    return queries.position_at(session, campaign, moment)


def _communities(
    session: Session, campaign: Campaign, position: int | None
) -> list[CommunityProgress]:
    if position is None:
        return queries.by_community(session, campaign, actor())
    return queries.by_community_as_of(session, campaign, actor(), position)


def _progress(
    campaign: Campaign,
    moment: datetime | None,
    position: int | None,
    communities: Sequence[CommunityProgress],
    volunteers: Sequence[VolunteerProgress],
) -> Progress:
    total = Tally.sum(row.tally for row in communities)
    counts = aapor_counts(total.outcomes, campaign.population)
    return Progress(
        **_figures(total),
        campaign_id=campaign.id,
        as_of=moment or now(),
        position=campaign.last_position if position is None else position,
        dispositions=dict(in_order(total.outcomes)),
        counts={letter: getattr(counts, letter) for letter in LETTERS},
        e=_share(estimated_eligibility(counts)),
        rates={key: _share(value) for key, value in rates(counts).items()},
        communities=[
            CommunityFigures.model_validate({**_figures(row.tally), **dict(named(row.community))})
            for row in communities
        ],
        volunteers=[_volunteer(row, is_now=position is None) for row in volunteers],
    )


def _figures(tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in Figures.model_fields}


def _share(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _volunteer(row: VolunteerProgress, *, is_now: bool) -> VolunteerFigures:
    held = {"held": row.held} if is_now else {}
    return VolunteerFigures(
        user_id=row.user.id, name=row.user.name, calls=row.calls, reached=row.reached,
        completed=row.completed, last_call_at=row.last_call_at, **held,
    )  # fmt: skip
