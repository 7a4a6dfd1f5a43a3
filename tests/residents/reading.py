"""What the tests of reading share."""

import pytest

from app.problems import Problem
from app.residents import reader
from app.residents.reader import read_rows
from app.residents.reading_child import MEGABYTE, Limits

__all__ = ["MEGABYTE", "problem_of"]


def problem_of(content: bytes, limits: Limits = reader.USUAL_LIMITS) -> Problem:
    with pytest.raises(Problem) as raised:
        for _ in read_rows(content, "名单.xlsx", limits):
            pass
    return raised.value
