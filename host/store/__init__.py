"""Results by page hash, style references, history: SQLite and files."""
