"""The stages of an import, from the upload of a roster to its end."""

from enum import StrEnum


class Stage(StrEnum):
    """What an import is doing, or waits for. Passes go through all rows, part by part."""

    UPLOADING = "uploading"
    """Its file is being kept, piece by piece."""
    READING = "reading"
    """A pass reads the file and finds out what taking it would do."""
    PREVIEW = "preview"
    """It waits for somebody's decision."""
    TAKING = "taking"
    """A pass stores what the rows bring; nobody sees the newcomers yet."""
    DONE = "done"
    UNDOING = "undoing"
    """A pass takes away what the import brought."""
    UNDONE = "undone"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    """Nobody decided, or sent the rest of it, for so long that its file was erased."""
    FAILED = "failed"


PASSES = (Stage.READING, Stage.TAKING, Stage.UNDOING)
"""Work goes on in these until it is through."""
HIDING = (Stage.TAKING, Stage.UNDOING)
"""Nobody sees meanwhile whom the import brought."""
OVER = (Stage.DONE, Stage.UNDONE, Stage.CANCELLED, Stage.LAPSED, Stage.FAILED)
