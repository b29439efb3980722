"""Whole shelves: volumes in, coloured volumes out, on one machine; a run that is killed goes on where it was.

shelf      which volumes there are      plan       what a run will do, how long, how much disk
manifest   what is done                 page_store coloured pages by content, until their volume is written
orders     how pages are to be coloured references whose colours each volume takes
palettes   what its people wear         asked      all of that as a digest, so that it is known what is done
colourer   one page, in a worker        workers    processes that do it     cluster   nodes that do it
run        the way of the shelf         writing    a volume out                report, watch

Every page is coloured by itself: its result depends on its bytes and its order alone, not on what was coloured before
it, by whom, or where. That is why a run that was killed, or shared, gives the same bytes as one that was not.
"""
