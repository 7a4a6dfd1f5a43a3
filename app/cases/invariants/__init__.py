"""The queries that find rows breaking a law of the queue, a module a law or two."""

from app.cases.invariants.grouping import whole_groups
from app.cases.invariants.handing import handed_on
from app.cases.invariants.holding import one_holder
from app.cases.invariants.waiting import nothing_stuck, queue_in_line
from app.laws import Law

LAWS: dict[str, Law] = {
    "one_holder": one_holder,
    "whole_groups": whole_groups,
    "nothing_stuck": nothing_stuck,
    "queue_in_line": queue_in_line,
    "handed_on": handed_on,
}
