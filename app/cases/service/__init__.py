"""The use cases of the queue, a module an act."""
