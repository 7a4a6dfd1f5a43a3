"""The handoff sheet: what a volunteer leaves at the end of a shift, for people without a screen."""
