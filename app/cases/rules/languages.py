"""Languages: whom a call group needs, and in which order a volunteer is given groups."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from app.residents.rules.languages import EVERYBODYS, keys


@dataclass(frozen=True)
class Lane:
    """One stretch of the queue: the groups of a community that need a language."""

    community: str
    language: str
    rank: int
    """0 before 1 before 2, among groups that are as urgent."""


def needed(texts: Iterable[str]) -> str:
    """Return what must be spoken to ring the residents of a group; '' where anybody will do.

    ``texts`` are the residents' languages as written. Who speaks what everybody speaks as well
    needs nobody special; of several languages the first counts, as a group is rung by one.
    """
    for text in texts:
        named = keys(text)
        if named and EVERYBODYS.isdisjoint(named):
            return named[0][:40]
    return ""


def lanes(
    communities: Sequence[str], languages: Sequence[str], spoken: Sequence[str], *, fallback: bool
) -> list[Lane]:
    """Return the stretches of the queue that a volunteer is served from.

    ``languages`` are those that some group of the campaign needs. What a volunteer alone can do
    comes first: the languages they speak, then what anybody can. Nothing being on record of what
    they speak, they are given everything alike. With ``fallback`` residents whose language they
    don't speak come last instead of not at all.
    """
    own = {key for text in spoken for key in keys(text)}
    ranks = {"": 1} | {
        language: rank
        for language in languages
        if language and (rank := _rank(language, own, fallback=fallback)) is not None
    }
    return [Lane(code, language, ranks[language]) for code in communities for language in ranks]


def _rank(language: str, own: Collection[str], *, fallback: bool) -> int | None:
    if not own:
        return 1
    if language in own:
        return 0
    return 2 if fallback else None
