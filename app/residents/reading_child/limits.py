"""How large a spreadsheet may be, what reading it may cost, and how it is refused."""

from dataclasses import dataclass, field, replace

MEGABYTE = 1_000_000

Place = dict[str, str | int]


@dataclass(frozen=True)
class Limits:
    """What one file may hold and cost. A small file may cost less than a large one."""

    content_bytes: int = 200 * MEGABYTE
    unpacked_bytes: int = 600 * MEGABYTE
    ratio: int = 200  # unpacked to packed: real sheets stay under 40, zeros come to 1,000
    parts: int = 2_000  # files inside an xlsx or ods
    rows: int = 1_100_000  # the highest row number of a sheet; an xlsx ends at 1,048,576
    columns: int = 256
    area: int = 4_000_000  # rows times columns of a workbook's sheet: all of it is allocated
    merges: int = 100_000  # merged cells of a sheet
    repeats: int = 1_000  # of a filled row in an ods, which says how often in a word
    characters: int = 2_000  # in one cell
    output_bytes: int = 600 * MEGABYTE
    memory_bytes: int = 400 * MEGABYTE  # address space of the child, its interpreter included
    seconds: int = 10  # of the child's computing, and of waiting for it
    bytes_a_second: int = MEGABYTE // 2  # a file of 30 MB has 60 seconds more

    def for_content(self, size: int) -> "Limits":
        """The limits for a file of this many bytes: time and output grow with it."""
        return replace(
            self,
            unpacked_bytes=min(self.unpacked_bytes, max(self.ratio * size, 10 * MEGABYTE)),
            output_bytes=min(self.output_bytes, 60 * MEGABYTE + 10 * size),
            seconds=self.seconds + size // self.bytes_a_second,
        )


@dataclass
class Unreadable(Exception):  # noqa: N818 - the parent raises it again as a Problem
    """Why the file is not read. ``place`` may hold a sheet, a 1-based row and a 0-based column."""

    code: str
    place: Place = field(default_factory=dict)


def check_extent(sheet: str, rows: int, columns: int, limits: Limits) -> None:
    """Refuse a sheet whose last filled row and column are further out than the limits."""
    place: Place = {"sheet": sheet, "row": rows, "column": columns - 1}
    if columns > limits.columns:
        raise Unreadable("roster_too_many_columns", place)
    if rows > limits.rows:
        raise Unreadable("roster_too_many_rows", place)


def check_area(sheet: str, rows: int, columns: int, limits: Limits) -> None:
    """Refuse a sheet of a workbook whose reader would allocate too large an area for it."""
    check_extent(sheet, rows, columns, limits)
    if rows * columns > limits.area:
        place: Place = {"sheet": sheet, "row": rows, "column": columns - 1}
        raise Unreadable("roster_too_sparse", place)
