"""What the tests of reading rosters share."""

import psutil
import pytest


@pytest.fixture
def children():
    """The processes that this test started and that live, as a function.

    Other tests leave theirs beside them: one browser serves all tests of a process.
    """
    before = set(psutil.Process().children())
    return lambda: set(psutil.Process().children()) - before
