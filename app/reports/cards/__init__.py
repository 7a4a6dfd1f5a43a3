"""Invitation cards: one for each volunteer, ten a page, to be cut apart."""
