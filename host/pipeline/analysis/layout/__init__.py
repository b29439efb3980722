"""Parts of a page, the direction of a chapter, the order in which things are read."""
