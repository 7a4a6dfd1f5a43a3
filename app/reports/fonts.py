"""The Chinese typeface of all documents: made once from the packaged font, then registered by name.

The package ``pylopdf-fonts-zh-cn`` carries Noto Sans SC with PostScript outlines, reportlab embeds
TrueType outlines only. So they are converted once (about half a minute) into a cache folder:
``python -m app.reports.fonts FOLDER`` at installation, or at first use.
"""

import functools
import hashlib
import os
import sys
import tempfile
from pathlib import Path

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont as FontFile
from fontTools.ttLib import newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from pylopdf_fonts_zh_cn import sans_path
from reportlab.pdfbase import pdfmetrics

from app.config import ROOT
from app.reports.typeface import EmbeddedFont

TYPEFACE = "RingroundSansSC"
"""The name in reportlab's global table; never one of the standard fonts' names."""

_RECIPE = b"1"
"""Changes whenever the conversion below does, so that a file cached before it is left alone."""
_MAX_ERROR = 1.0
"""How far a converted outline may lie from the original, in thousandths of the type size."""
_KEPT_TABLES = ("head", "hhea", "hmtx", "maxp", "OS/2", "name")


def font_folder() -> Path:
    """Return where converted fonts are cached when nobody says otherwise."""
    return ROOT / "build" / "fonts"


def ensure_fonts(folder: Path) -> Path:
    """Return the TrueType file in ``folder``, making it first if it is missing.

    The name carries a hash of the source and of the recipe. Two processes may race: each writes its
    own temporary file and moves it into place whole, so that nobody ever reads half a font.
    """
    source = sans_path()
    digest = hashlib.sha256(source.read_bytes() + _RECIPE).hexdigest()[:12]
    target = folder / f"NotoSansSC-Regular-{digest}.ttf"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(_converted(source), target)
    return target


@functools.cache
def typeface(folder: Path | None = None) -> EmbeddedFont:
    """Return the registered typeface, loading it once per process (about 0.1 s)."""
    font = EmbeddedFont(TYPEFACE, str(ensure_fonts(folder or font_folder())))
    pdfmetrics.registerFont(font)
    return font


def _write_whole(font: FontFile, target: Path) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".making-", suffix=".ttf")
    try:
        with os.fdopen(handle, "wb") as file:
            font.save(file)
        Path(name).chmod(0o644)  # mkstemp is private; the server may run as another user.
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _converted(source: Path) -> FontFile:
    """Return the font with quadratic outlines, all its glyphs, and only the tables a PDF needs."""
    font = FontFile(source, recalcTimestamp=False)
    glyphs = font.getGlyphOrder()
    _replace_outlines(font, glyphs)
    _replace_character_map(font, font.getBestCmap())
    font["post"].formatType = 3.0
    for tag in set(font.keys()) - {*_KEPT_TABLES, "GlyphOrder", "glyf", "loca", "cmap", "post"}:
        del font[tag]
    font.sfntVersion = "\x00\x01\x00\x00"
    return font


def _replace_outlines(font: FontFile, glyphs: list[str]) -> None:
    outlines = font.getGlyphSet()
    glyf = newTable("glyf")
    glyf.glyphOrder = glyphs
    glyf.glyphs = {}
    for name in glyphs:
        pen = TTGlyphPen(None)
        outlines[name].draw(Cu2QuPen(pen, _MAX_ERROR, reverse_direction=True))
        glyf.glyphs[name] = pen.glyph()
    font["loca"] = newTable("loca")
    font["glyf"] = glyf
    _set_profile(font)


def _set_profile(font: FontFile) -> None:
    """Give the maximum profile the form TrueType outlines need; fontTools fills in the counts."""
    profile = font["maxp"]
    profile.tableVersion = 0x00010000
    instructions = ("Zones", "TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs")
    for field in (*instructions, "StackElements", "SizeOfInstructions", "ComponentElements"):
        setattr(profile, f"max{field}", 0)
    profile.maxSizeOfInstructions = 0
    profile.maxZones = 1


def _replace_character_map(font: FontFile, characters: dict[int, str]) -> None:
    """Leave one table that reaches beyond the basic plane: reportlab reads the last it finds."""
    table = CmapSubtable.newSubtable(12)
    table.platformID, table.platEncID, table.language = 3, 10, 0
    table.cmap = characters
    font["cmap"].tables = [table]


if __name__ == "__main__":
    print(ensure_fonts(Path(sys.argv[1]) if len(sys.argv) > 1 else font_folder()))  # noqa: T201
