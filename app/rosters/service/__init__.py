"""The use cases of rosters."""
