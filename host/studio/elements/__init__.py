"""Elements: characters, places and things of a series, with their trigger words and pictures.

records   what an element is, `elements.json`
taken_in  a written list as changes of a palette
match     which elements a shot shows: eight signals
wishes    trigger words in a reader's wish
"""
