"""The version printed on reports and by ``ringround --version``."""

VERSION = "0.1.0"
