"""Formats of pictures: where their metadata stand, and how a new picture comes among the old metadata."""
