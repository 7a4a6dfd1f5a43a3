"""Names as those see them who need not know them whole."""


def masked_name(name: str) -> str:
    """Return the first character, and a star for each of the others (one at least)."""
    return name[:1] + "*" * max(1, len(name) - 1)
