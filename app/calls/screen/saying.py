"""What the volunteer says: the campaign's script with the code by which the call can be checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.campaigns.codes import code_of
from app.campaigns.models import Campaign
from app.campaigns.rules import script as rules
from app.cases.models import Case
from app.people.models import User
from app.territory.models import Community
from app.web import settings


@dataclass(frozen=True)
class Said:
    """The texts of one call."""

    code: str
    script: Mapping[str, str]
    sentence: str
    """The sentence that tells the code; '' where the script does so itself."""
    doubted: str
    """What is said to somebody who doubts the call."""


def said(
    session: Session, user: User, campaign: Campaign, case: Case, lang: str, now: datetime
) -> Said:
    """Return what the user says on a case; whoever rings for the first time is given a code."""
    code = code_of(session, user.id, campaign.id, now)
    values = rules.values(
        lang, code=code, office=campaign.office_number(settings().office_number),
        community=session.get_one(Community, case.community_code).name,
    )  # fmt: skip
    script = campaign.script[lang]
    tells = rules.says(script["opening"], "code")
    return Said(
        code=code,
        script={part: rules.filled(text, values) for part, text in script.items()},
        sentence="" if tells else rules.filled(rules.CODE_SENTENCE[lang], values),
        doubted=rules.filled(rules.DOUBTED[lang], values),
    )
