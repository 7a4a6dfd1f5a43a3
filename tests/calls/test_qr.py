"""The QR code of a number: the stroke covers its dark modules, and nothing else."""

import re

import pytest
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

from app.calls.screen.qr import path_of


def drawn(path: str, edge: int) -> list[list[bool]]:
    """The modules that a stroke of one module's width covers."""
    grid = [[False] * edge for _ in range(edge)]
    for row in path.split("M")[1:]:
        start, y, runs = re.match(r"(\d+) (\d+)\.5(.*)", row).groups()  # type: ignore[union-attr]
        x = int(start)
        for pen, length in re.findall(r"([hm])(\d+)", runs):
            for place in range(x, x + int(length)):
                grid[int(y)][place] = pen == "h"
            x += int(length)
    return grid


@pytest.mark.parametrize("text", ["tel:+8613900000001", "tel:+8651388889999;ext=12345"])
def test_the_stroke_is_the_code(text: str) -> None:
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()

    edge, path = path_of(text)

    assert drawn(path, edge) == [[bool(dark) for dark in row] for row in code.modules]
