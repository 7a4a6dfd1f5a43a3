"""Campaigns."""

from datetime import date
from typing import Literal

from pydantic import Field, JsonValue
from sqlalchemy import Select, func, select

from app.api.access import actor
from app.api.errors import language
from app.api.fields import Answer, CommunityCode, Id, Stamp
from app.api.operations import operation
from app.api.paging import Page, Paging, links
from app.campaigns import queries
from app.campaigns.models import Campaign
from app.campaigns.rules.dispositions import DISPOSITIONS
from app.people.models import User
from app.people.rules import ROLES
from app.problems import NotFoundError
from app.territory.models import Community
from app.web import reading, settings

EVERYBODY = tuple(ROLES)


class CampaignLine(Answer):
    """A campaign in a list."""

    id: Id
    title: str
    status: Literal["draft", "open", "closed"]
    deadline: date | None
    created_at: Stamp
    opened_at: Stamp | None
    closed_at: Stamp | None


class CampaignPage(Page):
    """A page of campaigns, newest first."""

    items: list[CampaignLine]


class CommunityName(Answer):
    """A community with its names."""

    code: CommunityCode
    name: str
    street: str
    district: str


class CampaignWhole(CampaignLine):
    """A campaign with all that a volunteer's program needs to ring for it."""

    communities: list[CommunityName] = Field(description="Those that the user may see.")
    dispositions: dict[str, str] = Field(
        description="The codes that a call can come to, with their names for the volunteers."
    )
    population: list[str] = Field(
        description="Which of moved, deceased and not_resident belong to its population."
    )
    languages: list[str] = Field(description="What its residents speak, besides Mandarin.")
    rules: dict[str, JsonValue] = Field(description="The calling rules, as in its TOML.")
    script: dict[str, dict[str, str]] = Field(
        description="By language and part; {code}, {community} and {office} are to be filled in."
    )
    office: str = Field(description="The community office's number, as people write it, or ''.")


FIELDS = tuple(getattr(Campaign, name) for name in CampaignLine.model_fields)


@operation(
    "GET",
    "/campaigns",
    "The campaigns that the user may see.",
    roles=EVERYBODY,
    answers={200: CampaignPage},
    links={200: {"campaign": ("campaigns_show", {"campaign_id": "$response.body#/items/0/id"})}},
)
def index(query: Paging) -> tuple[CampaignPage, int, dict[str, str]]:
    """Volunteers see those that were opened; staff see drafts too."""
    lines = _visible(actor()).with_only_columns(*FIELDS).order_by(Campaign.id.desc())
    with reading() as session:
        total = session.scalar(select(func.count()).select_from(_visible(actor()).subquery())) or 0
        rows = session.execute(lines.limit(query.per_page).offset(query.offset)).all()
    items = [CampaignLine(**row._mapping) for row in rows]  # noqa: SLF001 - public in spite of it
    page = CampaignPage(items=items, page=query.page, per_page=query.per_page, total=total)
    return page, 200, links(query, total)


def _visible(user: User) -> Select[Campaign]:
    found = queries.visible(user)
    return found.where(Campaign.status != "draft") if user.role == "volunteer" else found


@operation(
    "GET",
    "/campaigns/<int:campaign_id>",
    "One campaign.",
    roles=EVERYBODY,
    answers={200: CampaignWhole},
    links={
        200: {
            "progress": ("progress_show", {"campaign_id": "$response.body#/id"}),
            "report": (
                "reports_completion",
                {
                    "campaign_id": "$response.body#/id",
                    "code": "$response.body#/communities/0/code",
                },
            ),
        }
    },
)
def show(campaign_id: int) -> CampaignWhole:
    with reading() as session:
        campaign = queries.get_campaign(session, actor(), campaign_id)
        communities = queries.communities_of(session, campaign, actor())
    if campaign.status == "draft" and actor().role == "volunteer":
        raise NotFoundError(f"campaign {campaign_id}")
    return CampaignWhole(
        **{name: getattr(campaign, name) for name in CampaignLine.model_fields},
        communities=[named(community) for community in communities],
        dispositions=_labels(campaign),
        population=campaign.population,
        languages=campaign.languages,
        rules=campaign.rules.as_table(),
        script=campaign.script,
        office=campaign.office_number(settings().office_number),
    )


def named(community: Community) -> CommunityName:
    """Return the community's names as they are answered."""
    return CommunityName(
        code=community.code, name=community.name,
        street=community.street_name, district=community.district_name,
    )  # fmt: skip


def _labels(campaign: Campaign) -> dict[str, str]:
    lang = language()
    names = campaign.dispositions or dict.fromkeys(DISPOSITIONS, "")
    return {code: name or DISPOSITIONS[code].label(lang) for code, name in names.items()}
