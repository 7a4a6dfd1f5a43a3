"""Whether a code rings for a community today: what anybody may ask, and what they are told."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from app.calls.models import Call, Dial
from app.campaigns.models import Campaign, CampaignCommunity, VolunteerCode
from app.campaigns.rules.codes import Ringer, is_genuine
from app.cases.models import Batch, CallGroup, Case
from app.people import queries as people
from app.people import shifts
from app.people.rules import ROLES
from app.residents.rules import phones
from app.territory.models import Community


def is_ringing(session: Session, code: str, community: str, now: datetime) -> bool:
    """Whether the code is that of somebody who rings for the community today.

    The same two statements are run whatever was asked; ``now`` is in the deployment's zone.
    """
    here = select(Community.code).where(Community.code == community)
    working = {user.id for user in people.working_in(session, here, ROLES)}
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    covers = exists().where(
        CampaignCommunity.campaign_id == Campaign.id,
        CampaignCommunity.community_code == community,
    )
    query = (
        select(
            VolunteerCode.user_id, Campaign.status, covers, _holds(community, midnight),
            _rang(community, midnight), VolunteerCode.user_id.in_(shifts.covering(now, community)),
        )
        .join(Campaign, Campaign.id == VolunteerCode.campaign_id)
        .where(VolunteerCode.code == code)
    )  # fmt: skip
    return any(
        is_genuine(Ringer(status == "open", covered, user_id in working, holds, rang, on_shift))
        for user_id, status, covered, holds, rang, on_shift in session.execute(query)
    )


def _holds(community: str, midnight: datetime) -> ColumnElement[bool]:
    """Whether the code's owner has somebody there in hand; what is only offered is not."""
    return (
        exists(Batch.id)
        .where(
            Batch.user_id == VolunteerCode.user_id,
            Batch.campaign_id == VolunteerCode.campaign_id,
            Batch.ended_at.is_(None),
            Batch.lease_expires_at > midnight,
            Batch.is_accepted,
            CallGroup.batch_id == Batch.id,
            Case.group_id == CallGroup.id,
            Case.community_code == community,
            Case.state == "held",
        )
        .correlate(VolunteerCode)
    )


def _rang(community: str, midnight: datetime) -> ColumnElement[bool]:
    """Whether a call or a dial of the code's owner there was noted since midnight."""
    called = exists().where(
        Call.user_id == VolunteerCode.user_id,
        Call.campaign_id == VolunteerCode.campaign_id,
        Call.recorded_at >= midnight,
        Call.community_code == community,
        ~Call.desk,
        Call.corrects_id.is_(None),
    )
    dialled = (
        exists(Dial.id)
        .where(
            Dial.user_id == VolunteerCode.user_id,
            Dial.dialled_at >= midnight,
            Case.id == Dial.case_id,
            Case.campaign_id == VolunteerCode.campaign_id,
            Case.community_code == community,
        )
        .correlate(VolunteerCode)
    )
    return or_(called, dialled)


def office_for(session: Session, community: str, otherwise: str) -> str:
    """Return the office's number for a community as people write it: that of the newest open
    campaign there which names one, whoever's code was asked for.
    """
    query = (
        select(Campaign.office)
        .join(CampaignCommunity, CampaignCommunity.campaign_id == Campaign.id)
        .where(
            CampaignCommunity.community_code == community,
            Campaign.status == "open",
            Campaign.office.is_not(None),
        )
        .order_by(Campaign.id.desc())
        .limit(1)
    )
    found = session.scalar(query)
    return phones.display(found) if found else otherwise


def communities(session: Session) -> Mapping[str, Sequence[Community]]:
    """Return all communities by their streets, as people look for them."""
    query = select(Community).order_by(Community.street_code, Community.code)
    found: dict[str, list[Community]] = {}
    for one in session.scalars(query):
        found.setdefault(f"{one.district_name} {one.street_name}", []).append(one)
    return found
