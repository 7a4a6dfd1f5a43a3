"""A number as a QR code, for whoever reads it from a screen and rings with a phone."""

import re

from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel


def path_of(text: str) -> tuple[int, str]:
    """Return the code's edge in modules, and its dark modules as the path of a drawing.

    Dark modules side by side in a row are one rectangle, so that the drawing stays small.
    """
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    rows = ["".join("1" if dark else "0" for dark in row) for row in code.modules or ()]
    return len(rows), "".join(_row(bits, y) for y, bits in enumerate(rows))


def _row(bits: str, y: int) -> str:
    runs = re.finditer("1+", bits)
    return "".join(f"M{run.start()} {y}h{len(run[0])}v1h-{len(run[0])}z" for run in runs)
