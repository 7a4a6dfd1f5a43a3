"""Gathering a document's value: all figures are final before anything is drawn."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial

from sqlalchemy.orm import Session

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign, CampaignCommunity
from app.campaigns.rules.outcome import OUTCOMES, classified
from app.people.models import User
from app.people.queries import sees
from app.problems import NotFoundError, Problem
from app.progress import queries as progress
from app.progress.queries import CaseAsOf
from app.progress.rules.counting import Tally, aapor_counts, in_order, is_accounted_for
from app.progress.rules.rates import RATES, Counts, estimated_eligibility, rates
from app.reports.completion import (
    BuildingLine,
    CompletionReport,
    OutcomeLine,
    OutstandingLine,
    RateLine,
)
from app.reports.wording import Lang
from app.residents.rules.names import masked_name
from app.territory.models import Community
from app.version import VERSION

SHOWN_COUNTS = ("I", "P", "R", "NC", "O", "UH", "UR", "UO", "NE")


def completion(
    session: Session,
    actor: User | None,
    campaign_id: int,
    code: str,
    as_of: datetime,
    lang: Lang,
    *,
    masked: bool = False,
    position: int | None = None,
) -> CompletionReport:
    """Return the completion report of a community as of a moment, in the zone of ``as_of``.

    ``position`` is that of a report printed before: calls that came in since change nothing.

    Raises NotFoundError for a campaign or community the actor may not see, or one that the
    campaign does not cover; Problem for a campaign that was never opened.
    """
    campaign = campaigns.get_campaign(session, actor, campaign_id)
    community = _covered(session, actor, campaign, code)
    if campaign.opened_at is None:
        raise Problem("campaign_not_open")
    if as_of < campaign.opened_at:
        raise Problem("as_of_before_opening", field="as_of")
    if position is None:
        position = progress.position_at(session, campaign, as_of)
    cases = progress.cases_as_of(session, campaign, code, position)
    tally = progress.tally_of(cases)
    counts = aapor_counts(tally.outcomes, campaign.population)
    listed = partial(_name_lines, lang=lang, zone=as_of.tzinfo, masked=masked)
    return CompletionReport(
        lang=lang,
        campaign=campaign.title,
        deadline=campaign.deadline,
        community=community.name,
        community_code=community.code,
        street=community.street_name,
        district=community.district_name,
        as_of=as_of,
        position=position,
        total=tally.total,
        accounted_for=tally.accounted_for,
        outcomes=_outcome_lines(campaign, cases, lang),
        buildings=_building_lines(cases, lang),
        outstanding=listed(case for case in cases if _is_outstanding(case)),
        door=listed(case for case in cases if case.passed_to == "door_list"),
        counts={letter: getattr(counts, letter) for letter in SHOWN_COUNTS},
        e=estimated_eligibility(counts),
        rates=_rate_lines(counts, lang),
        version=VERSION,
        masked=masked,
    )


def moment_from(text: str, present: datetime) -> datetime:
    """Read an as-of. Without an offset it is in the zone of ``present``; it may not lie ahead.

    Raises Problem for what is no moment, or one that has not come.
    """
    try:
        moment = datetime.fromisoformat(text)
        if len(text) == len("2026-11-24"):  # the whole of that day, as far as it has come
            tomorrow = moment.replace(tzinfo=present.tzinfo) + timedelta(days=1)
            moment = max(min(tomorrow, present), moment.replace(tzinfo=present.tzinfo))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=present.tzinfo)
        moment = moment.astimezone(present.tzinfo)
        moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        # The first and last days of the calendar don't exist in every zone.
        raise Problem("as_of_unreadable", field="as_of", values={"text": text[:40]}) from error
    if moment > present:
        raise Problem("as_of_ahead", field="as_of")
    return moment


def _covered(session: Session, actor: User | None, campaign: Campaign, code: str) -> Community:
    covered = session.get(CampaignCommunity, (campaign.id, code))
    if covered is None or (actor is not None and not sees(session, actor, code)):
        raise NotFoundError(f"community {code}")
    return session.get_one(Community, code)


def _outcome_lines(
    campaign: Campaign, cases: Sequence[CaseAsOf], lang: Lang
) -> tuple[OutcomeLine, ...]:
    """Outcomes with their counts; one that is settled for some and open for others twice."""
    settled, open_still = Tally(), Tally()
    for case in cases:
        done = is_accounted_for(case.state, case.passed_to)
        (settled if done else open_still).add("open", None, case.outcome)
    return tuple(
        OutcomeLine(row.label(lang), row.aapor, number, accounted_for=done)
        for done, tally in ((True, settled), (False, open_still))
        for code, number in in_order(tally.outcomes)
        for row in [classified(code, campaign.population)]
    )


def _building_lines(cases: Sequence[CaseAsOf], lang: Lang) -> tuple[BuildingLine, ...]:
    elsewhere = "未登记楼栋" if lang == "zh" else "No building on record"
    tallies: dict[str, Tally] = {}
    for case in cases:
        tally = tallies.setdefault(case.building or elsewhere, Tally())
        tally.add(case.state or "open", case.passed_to, case.outcome)
    return tuple(BuildingLine(name, t.total, t.accounted_for) for name, t in tallies.items())


def _is_outstanding(case: CaseAsOf) -> bool:
    return not is_accounted_for(case.state, case.passed_to)


def _name_lines(
    cases: Iterable[CaseAsOf], *, lang: Lang, zone: tzinfo | None, masked: bool
) -> tuple[OutstandingLine, ...]:
    return tuple(
        OutstandingLine(
            name=masked_name(case.name) if masked else case.name,
            address=case.building if masked else case.address,
            attempts=case.attempts,
            last_attempt=case.last_call_at.astimezone(zone) if case.last_call_at else None,
            reason=_reason(case, lang),
        )
        for case in cases
    )


def _reason(case: CaseAsOf, lang: Lang) -> str:
    if not case.has_number and case.state is None:
        return "没有可用号码" if lang == "zh" else "No usable number"
    label = OUTCOMES[case.outcome].label(lang)
    if case.passed_to == "leader":
        return f"{label}（已转组长）" if lang == "zh" else f"{label} (with the leader)"
    return label


def _rate_lines(counts: Counts, lang: Lang) -> tuple[RateLine, ...]:
    return tuple(
        RateLine(key, RATES[key].chinese if lang == "zh" else RATES[key].english, value)
        for key, value in rates(counts).items()
    )
