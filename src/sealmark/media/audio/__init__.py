"""Formats of sound: where their metadata stand, and how a new sound comes among the old metadata."""
