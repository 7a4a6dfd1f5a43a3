"""Lists in pages, and the way from one page to the next."""

from urllib.parse import urlencode

from flask import request
from pydantic import Field

from app.api.fields import Answer, Asked, PageNumber, PageSize


class Paging(Asked):
    """Which page of a list."""

    page: PageNumber = 1
    per_page: PageSize = 50

    @property
    def offset(self) -> int:
        """How many rows stand before the page."""
        return (self.page - 1) * self.per_page


class Page(Answer):
    """A page of a list; one past the last is empty."""

    page: int
    per_page: int
    total: int = Field(description="How many there are on all pages.")


def links(asked: Paging, total: int) -> dict[str, str]:
    """Return the Link header (RFC 8288) to the pages around this one."""
    last = max(1, -(-total // asked.per_page))
    around = {"first": 1, "prev": min(asked.page - 1, last), "next": asked.page + 1, "last": last}
    if asked.page == 1:
        del around["prev"]
    if asked.page >= last:
        del around["next"]
    return {"Link": ", ".join(f'<{_address(page)}>; rel="{rel}"' for rel, page in around.items())}


def _address(page: int) -> str:
    return f"{request.path}?{urlencode({**request.args.to_dict(), 'page': page})}"
