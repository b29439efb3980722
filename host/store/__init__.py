"""Results by page hash, style references, captured pages: SQLite and files. `store.Store` is the door."""
