"""Where things are kept: database, keys, revisions, the outbox, the ledger's store."""
