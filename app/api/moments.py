"""The moment that figures are asked of."""

from datetime import datetime

from app.problems import Problem
from app.reports.queries.completions import moment_from
from app.web import now

EDGES = {
    "0000": "as_of_before_opening",
    "0001": "as_of_before_opening",
    "9999": "as_of_ahead",
}
"""Years that begin or end beyond the calendar in some zones."""


def moment_of(as_of: str) -> datetime:
    """Return the moment, in the deployment's zone. Raises Problem as ``moment_from``."""
    if as_of[:4] in EDGES:
        raise Problem(EDGES[as_of[:4]], field="as_of")
    return moment_from(as_of.upper(), now())
