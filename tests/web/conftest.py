"""The world of the tests beside."""

from tests.web.world import world

__all__ = ["world"]
