"""A number as a QR code, for whoever reads it from a screen and rings with a phone."""

import re

from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel


def path_of(text: str) -> tuple[int, str]:
    """Return the code's edge in modules, and its dark modules as the path of a stroke, one wide.

    Dark modules side by side are one line, and each begins where the last one ended: on a bad
    line the drawing is a good part of the page.
    """
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    rows = ["".join("1" if dark else "0" for dark in row) for row in code.modules or ()]
    return len(rows), "".join(_row(bits, y) for y, bits in enumerate(rows))


def _row(bits: str, y: int) -> str:
    runs = "".join(
        f"h{len(run[0])}" if run[0][0] == "1" else f"m{len(run[0])} 0"
        for run in re.finditer("1+|0+(?=1)", bits)
    )
    return f"M0 {y}.5{runs}"
