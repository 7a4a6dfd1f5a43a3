"""The use cases of calls: recording and correcting."""
