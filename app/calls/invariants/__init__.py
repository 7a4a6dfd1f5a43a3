"""The queries that find rows breaking a law of calls, a module a law or two."""

from app.calls.invariants.deriving import derivable
from app.calls.invariants.keeping import append_only, no_call_lost
from app.calls.invariants.resting import numbers_rest
from app.laws import Law

LAWS: dict[str, Law] = {
    "append_only": append_only,
    "no_call_lost": no_call_lost,
    "derivable": derivable,
    "numbers_rest": numbers_rest,
}
