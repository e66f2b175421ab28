"""Marks: a label made part of an item (Art. 16-18)."""
