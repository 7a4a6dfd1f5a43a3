"""Gathering the values of documents."""
