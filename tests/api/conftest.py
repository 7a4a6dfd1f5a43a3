"""Programs that ask the API, each with a token of one member of the cast."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
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
    scheme: str = "Bearer"

    def open(self, path: str, method: str = "GET", **more: Any) -> TestResponse:
        headers = {"Accept-Language": "en", **more.pop("headers", {})}
        if self.secret is not None:
            headers["Authorization"] = f"{self.scheme} {self.secret}"
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> TestResponse:
        """Send a JSON body, or none."""
        return self.open(path, "POST", **({} if body is None else {"json": body}), **more)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.open(path, query_string=query or None)


def program(app: Flask, db: Database, person: Person) -> Program:
    """A program that acts for the person."""
    return Program(app.test_client(), token_of(db, person))


@dataclass
class Programs:
    """Makes programs of the world's cast."""

    world: World

    def __call__(self, role: str) -> Program:
        if role == "nobody":
            return Program(self.world.app.test_client(), None)
        return program(self.world.app, self.world.db, getattr(self.world.cast, role))


@pytest.fixture
def programs(world: World) -> Programs:
    return Programs(world)
