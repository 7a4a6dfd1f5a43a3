"""What watches over the server asks: is it alive, is it ready, how much is going on."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, current_app
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Select, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.campaigns.models import Campaign
from app.cases.models import Batch, Case
from app.people.models import User
from app.upkeep.schema import is_current
from app.web import database, public, reading

blueprint = Blueprint("probes", __name__)

PLAIN = "text/plain; charset=utf-8"
EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


@blueprint.get("/healthz")
@public
def healthz() -> Response:
    """Alive: the process answers."""
    return Response("ok\n", content_type=PLAIN)


@blueprint.get("/readyz")
@public
def readyz() -> Response:
    """Ready: the database answers, and its tables are those of this version."""
    try:
        ready = is_current(database())
    except SQLAlchemyError as error:
        current_app.logger.warning("the database does not answer", exc_info=error)
        ready = False
    return Response(
        "ready\n" if ready else "not ready\n", 200 if ready else 503, content_type=PLAIN
    )


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Counts for Prometheus: of all processes together, because the database counts them."""
    registry = CollectorRegistry()
    registry.register(_Counts())
    return Response(generate_latest(registry), content_type=EXPOSITION)


class _Counts(Collector):
    """Reads the counts when it is asked; nothing is kept in between."""

    def collect(self) -> Iterator[Metric]:
        """Return the counts. None of them reads more than an index or a small table."""
        with reading() as session:
            yield _by(session, "campaigns", "Campaigns.", Campaign.status)
            yield _by(
                session, "cases", "Cases of open campaigns.", Case.state,
                Case.campaign_id.in_(select(Campaign.id).where(Campaign.status == "open")),
            )  # fmt: skip
            yield _by(session, "active_users", "Accounts in use.", User.role, User.active)
            live = select(func.count()).select_from(Batch).where(Batch.ended_at.is_(None))
            batches = GaugeMetricFamily("ringround_live_batches", "Batches in somebody's hands.")
            batches.add_metric([], session.scalar(live) or 0)
            yield batches
            yield _calls(session)


def _by(session: Session, name: str, help_: str, column: Any, *where: Any) -> Metric:
    """Count rows by a column; a value that no row has is left out."""
    gauge = GaugeMetricFamily(f"ringround_{name}", help_, labels=[column.key])
    query: Select[str, int] = select(column, func.count()).where(*where).group_by(column)
    for value, number in session.execute(query.order_by(column)):
        gauge.add_metric([value], number)
    return gauge


def _calls(session: Session) -> Metric:
    """Count the rows of the log without reading it: each took one position of its campaign.

    So did each addition of residents, which is no call.
    """
    rows = session.execute(select(Campaign.last_position, Campaign.additions)).all()
    recorded = CounterMetricFamily(
        "ringround_call_records", "Calls recorded, their corrections among them."
    )
    recorded.add_metric([], sum(last - len(additions) for last, additions in rows))
    return recorded
