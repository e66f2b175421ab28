"""The ledger's appends beside bare SQLite inserts of the same bytes."""
