"""Tests of the label in metadata."""
