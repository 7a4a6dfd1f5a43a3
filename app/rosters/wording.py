"""What pages, programs and the command line say of an import, in the reader's language."""

import json
from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from app import i18n
from app.problems import Place, Problem
from app.residents.models import RosterFinding
from app.residents.wording import field, reason, shown
from app.rosters.rules.same import Doubtful
from app.rosters.rules.taking import Kind

QUIET = ("row_duplicate", "no_community")
"""What a count says of many rows at once."""


def where(finding: RosterFinding) -> str:
    """Return where in the file it is."""
    return i18n.where(place_of(finding))


def place_of(finding: RosterFinding) -> Place:
    """Return where in the file it is, as a value."""
    return Place(sheet=finding.sheet, row=finding.row, column=finding.column)


def explain(finding: RosterFinding) -> str:
    """Return what there is to say of a row or a cell."""
    return said(Kind(finding.kind), finding.code, finding.values, finding.written)


def said(kind: Kind, code: str, values: Mapping[str, str | int], text: str) -> str:
    """Return what there is to say of a row or a cell; ``text`` is what is written there."""
    if kind is Kind.NUMBER:
        return _number(code, text)
    if kind is Kind.COMMUNITY:
        return _community(text)
    if kind is Kind.UPDATED:
        return _changed(text) if text else _fields(str(values["fields"]))
    if kind is Kind.SHEET:
        return i18n.explain(Problem(code, values={"headers": text}))
    if code == "row_alike" and not text:
        return str(_("It may be another writing of somebody on record."))
    text, _break, known = text.partition("\n")
    return i18n.explain(Problem(code, values={"text": text, "known": known, **values}))


def counted(*, waits: bool = False) -> dict[str, str]:
    """Return how what is counted of rows is called, everywhere; ``waits`` while somebody is still
    to decide.
    """
    return {
        "accepted": _("accepted"),
        "updated": _("updated"),
        "unchanged": _("unchanged"),
        "rejected": _("rejected"),
        "left_out": _("doubtful, to be decided") if waits else _("doubtful, left out"),
        "doubtful": _("doubtful"),
        "without_number": _("without a usable number"),
        "to_be_placed": _("to be placed"),
    }


def comes_to(figures: Sequence[tuple[str, int]], names: Mapping[str, str]) -> str:
    """Return in one sentence what becomes of the rows."""
    rows = sum(many for _name, many in figures)
    told = [
        _("%(number)s %(what)s", number=f"{many:,}", what=names[name])
        for name, many in figures
        if many
    ]
    of = ngettext(
        "%(number)s row: %(what)s.",
        "%(number)s rows: %(what)s.",
        rows,
        number=f"{rows:,}",
        what=_(", ").join(told),
    )
    return str(of)


def kinds() -> dict[Kind, str]:
    """Return how the rows of a kind are called, most pressing first."""
    return {
        Kind.REJECTED: _("rejected"),
        Kind.DOUBTFUL: _("doubtful"),
        Kind.IN_HAND: _("being rung now"),
        Kind.NUMBER: _("not usable as a number"),
        Kind.COMMUNITY: _("no community"),
        Kind.UPDATED: _("updated"),
        Kind.DUPLICATE: _("unchanged"),
    }


def doubts() -> dict[str, str]:
    """Return what a doubtful row can be; '' while nobody decided."""
    return {
        "": _("Not decided"),
        Doubtful.NEW: _("Somebody else"),
        Doubtful.SAME: _("The same person"),
        Doubtful.LEAVE: _("Leave out"),
    }


def both_names(finding: RosterFinding) -> list[str]:
    """Return the name that a doubtful row has, and that of whom it may speak."""
    return finding.written.split("\n")


def tail(number: str) -> str:
    """Return a number's last figures: enough to tell it from another."""
    return str(_("number ends in %(figures)s", figures=number.partition(";")[0][-4:]))


def _fields(names: str) -> str:
    fields = _(", ").join(field(name) for name in names.split(","))
    return str(_("Changed: %(fields)s", fields=fields))


def _changed(text: str) -> str:
    """Who is changed, and each field as it was and as it will be."""
    told = json.loads(text)
    changes = _("; ").join(_change(name, *both) for name, both in told["changes"].items())
    return str(_("%(name)s: %(changes)s", name=told["name"], changes=changes))


def _change(name: str, before: object, after: object) -> str:
    if name == "community":
        return field(name)
    both = {"before": shown(before), "after": shown(after)}
    return str(_("%(field)s %(before)s → %(after)s", field=field(name), **both))


def _number(code: str, text: str) -> str:
    why = reason(code)
    if not text:
        return str(_("Not usable as a number: %(reason)s", reason=why))
    return str(_("Not usable as a number: “%(text)s” — %(reason)s", text=text, reason=why))


def _community(text: str) -> str:
    if not text:
        return str(_("No community is named that could be told."))
    return str(_("No community could be told from “%(text)s”.", text=text))


def roles() -> dict[str, str]:
    """Return what a column can be taken for; '' leaves it out."""
    return {
        "": _("— leave out —"),
        "name": _("Name"),
        "phone": _("Telephone"),
        "community": _("Community"),
        "community_code": _("Code of the community"),
        "street": _("Street"),
        "district": _("District"),
        "estate": _("Estate"),
        "building": _("Building"),
        "unit": _("Unit"),
        "room": _("Room"),
        "address": _("Whole address"),
        "household": _("Household"),
        "relation": _("Relation"),
        "language": _("Language"),
        "remark": _("Remark"),
        "seq": _("Row number"),
    }


def why_column(code: str) -> str:
    """Return why a column is taken for what it is, or left out."""
    reasons = {
        "header": _("by its heading"),
        "looks": _("by what its cells look like"),
        "chosen": _("chosen by somebody"),
        "private": _("private: nobody asked for it"),
        "somebody_else": _("about somebody else"),
        "other_column": _("another column holds it"),
        "unknown": _("not recognised"),
    }
    return str(reasons.get(code, code))


def wanted(code: str) -> str:
    """Return what a file lacks unless somebody chooses the column that holds it."""
    if code == "roster_no_name_column":
        return str(_("No column with names was found. Choose below which one it is."))
    return str(_("No column with telephone numbers was found. Choose below which one it is."))


def time_left(seconds: float | None) -> str:
    """Return how long a pass will go on, as people say it; '' when nobody can tell."""
    if seconds is None:
        return ""
    if seconds < 60:  # noqa: PLR2004
        return str(_("less than a minute"))
    return str(ngettext("about %(num)s minute", "about %(num)s minutes", round(seconds / 60)))
