"""The form of the call screen, as a browser has it before it is sent."""

from typing import Any

from werkzeug.test import TestResponse

from tests.cases.town import Town
from tests.house.pages import CheckingClient, Page


def call_form(client: CheckingClient, town: Town, name: str, **filled: Any) -> dict[str, Any]:
    """Open the call screen of a resident and fill its form in."""
    case = town.case(name)
    page = client.get(f"/calls/groups/{case.group_id}?case={case.id}")
    assert page.status_code == 200, page.location
    (form,) = [one for one in Page(page.text).forms if "disposition" not in one.values
               and "key" in one.values]  # fmt: skip
    return {**form.values.to_dict(), "action": form.action, **filled}


def send(client: CheckingClient, filled: dict[str, Any]) -> TestResponse:
    """Send such a form."""
    return client.post(
        filled["action"],
        data={
            **filled,
        },
    )
