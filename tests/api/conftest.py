"""Programs that ask the API, each with a token of one member of the cast."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.db import Database
from app.people import tokens
from tests.cast import NOW, Person
from tests.web.world import World, world

__all__ = ["world"]


def token_of(db: Database, person: Person, role: str | None = None) -> str:
    """Give the person a token; one that acts in a lesser role, if that is named."""
    with db.writing() as session:
        return tokens.issue(session, None, NOW, person.user, role)[1]


@dataclass
class Program:
    """A program of one user: every request carries the token and prefers English."""

    client: FlaskClient
    secret: str | None

    def open(self, path: str, method: str = "GET", **more: Any) -> TestResponse:
        headers = {"Accept-Language": "en", **more.pop("headers", {})}
        if self.secret is not None:
            headers["Authorization"] = f"Bearer {self.secret}"
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.open(path, query_string=query or None)


@dataclass
class Programs:
    """Makes programs of the world's cast."""

    world: World

    def __call__(self, role: str) -> Program:
        client = self.world.app.test_client()
        if role == "nobody":
            return Program(client, None)
        return Program(client, token_of(self.world.db, getattr(self.world.cast, role)))


@pytest.fixture
def programs(world: World) -> Programs:
    return Programs(world)
