"""`irodori library`: whole shelves. `commands` declares, every other file does one of them."""
