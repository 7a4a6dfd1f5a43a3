"""The use cases of residents."""
