"""A TrueType font embedded as one composite font (Type0, Identity-H) with the glyphs it needs.

reportlab's own way cuts a Chinese document into many fonts of 256 characters and names characters
beyond the basic plane wrongly for search and copying. Here a document has one font, two bytes a
character, and a map back to Unicode that is right for every plane (ISO 32000-1, 9.7 and 9.10.3).
"""

import struct
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from reportlab.pdfbase import pdfdoc
from reportlab.pdfbase.ttfonts import TTFont

Document = Any
Reference = Any
"""reportlab's stubs leave its document and what it hands out untyped."""

_ENTRIES_A_BLOCK = 100
"""The most lines a bfchar block of a character map may hold."""


class _Used(dict[int, str]):
    """The characters of one document, numbered in order of first use, for ``str.translate``."""

    def __init__(self) -> None:
        super().__init__()
        self.codes = [0]
        """The character of each number; number 0 stays the sign for a missing glyph."""

    def __missing__(self, code: int) -> str:
        self[code] = number = chr(len(self.codes))
        self.codes.append(code)
        return number


class EmbeddedFont(TTFont):
    """A font for reportlab's canvas. One object serves any number of documents and threads."""

    def __init__(self, name: str, filename: str) -> None:
        super().__init__(name, filename, shapable=False)
        self.face: Any
        self._used: WeakKeyDictionary[Document, _Used] = WeakKeyDictionary()
        self._subsetting = threading.Lock()

    def has(self, code: int) -> bool:
        """Whether the font draws this code point."""
        return code in self.face.charToGlyph

    def splitString(  # noqa: N802 - reportlab calls it so.
        self,
        text: str,
        doc: Document,
        encoding: str = "utf-8",  # noqa: ARG002 - text is never bytes here.
    ) -> list[tuple[int, bytes]]:
        """Return the text as two-byte numbers; there is ever one subset, number 0."""
        used = self._used.get(doc)
        if used is None:
            used = self._used[doc] = _Used()
        return [(0, text.translate(used).encode("utf-16-be", "surrogatepass"))]

    def getSubsetInternalName(  # noqa: N802 - reportlab calls it so.
        self,
        subset: int,  # noqa: ARG002 - there is only one.
        doc: Document,
    ) -> str:
        """Return the name the page content uses, asking for embedding the first time."""
        name: str | None = doc.fontMapping.get(self.fontName)
        if name is None:
            name = f"/F{len(doc.fontMapping) + 1}"
            doc.fontMapping[self.fontName] = name
            doc.delayedFonts.append(self)
        return name

    def addObjects(self, doc: Document) -> None:  # noqa: N802 - reportlab calls it so.
        """Write the font, cut down to what the document used.

        Under a lock, because the face reads its file through one shared position.
        """
        codes = self._used.pop(doc, _Used()).codes
        name = doc.fontMapping[self.fontName][1:]
        base = "RINGRO+" + self.face.name.decode("ascii")
        with self._subsetting:
            descriptor = self.face.addSubsetObjects(doc, base, codes)
        font = {
            "Type": "/Font",
            "Subtype": "/Type0",
            "BaseFont": f"/{base}",
            "Encoding": "/Identity-H",
            "DescendantFonts": pdfdoc.PDFArray([self._descendant(doc, base, codes, descriptor)]),
            "ToUnicode": _stream(doc, f"{name}:unicode", unicode_map(codes).encode("ascii")),
        }
        reference = doc.Reference(pdfdoc.PDFDictionary(font), name)
        doc.idToObject["BasicFonts"].dict[name] = reference

    def _descendant(
        self,
        doc: Document,
        base: str,
        codes: list[int],
        descriptor: Reference,
    ) -> Reference:
        widths = pdfdoc.PDFArray([round(self.face.getCharWidth(code)) for code in codes])
        collection = {
            "Registry": pdfdoc.PDFString("Adobe"),
            "Ordering": pdfdoc.PDFString("Identity"),
            "Supplement": 0,
        }
        glyphs = glyph_map(codes, self.face.charToGlyph.get)
        font = {
            "Type": "/Font",
            "Subtype": "/CIDFontType2",
            "BaseFont": f"/{base}",
            "CIDSystemInfo": pdfdoc.PDFDictionary(collection),
            "FontDescriptor": descriptor,
            "W": pdfdoc.PDFArray([0, widths]),
            "CIDToGIDMap": _stream(doc, f"{base}:glyphs", glyphs),
        }
        return doc.Reference(pdfdoc.PDFDictionary(font), f"{base}:descendant")


def glyph_map(codes: list[int], glyph: Callable[[int, int], int]) -> bytes:
    """Return each character's glyph number in the subset, two bytes each.

    It counts as reportlab's ``makeSubset`` does: number 0 is the missing glyph, then the glyphs in
    order of first use, one that serves two characters only once.
    """
    numbers = {0: 0}
    return struct.pack(
        f">{len(codes)}H", *(numbers.setdefault(glyph(code, 0), len(numbers)) for code in codes)
    )


def unicode_map(codes: list[int]) -> str:
    """Return the map from numbers back to text, in UTF-16 as ISO 32000-1, 9.10.3 asks."""
    lines = [
        f"<{number:04X}> <{chr(code).encode('utf-16-be', 'surrogatepass').hex().upper()}>"
        for number, code in enumerate(codes)
        if number
    ]
    blocks = [
        lines[start : start + _ENTRIES_A_BLOCK] for start in range(0, len(lines), _ENTRIES_A_BLOCK)
    ]
    body = "".join(
        f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar\n" for block in blocks
    )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"{body}endcmap CMapName currentdict /CMap defineresource pop end end"
    )


def _stream(doc: Document, name: str, content: bytes) -> Reference:
    stream = pdfdoc.PDFStream(content=content)
    if doc.compression:
        stream.filters = [pdfdoc.PDFZCompress]
    return doc.Reference(stream, name)
