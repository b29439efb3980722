"""The records of a page and of its picture, exact and versioned, and how files of them are read and checked."""
