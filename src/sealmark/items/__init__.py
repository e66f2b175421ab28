"""What left the house: its production number, its digests, its record."""
