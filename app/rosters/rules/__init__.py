"""The rules of rosters: where a row belongs, whom it speaks of, what it changes."""
