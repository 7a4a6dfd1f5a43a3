"""Rosters: from an uploaded file to residents, and away again."""
