"""The director: how firmly the page, its poses and the references bind each pass, planned from a page's signals.

The controller of the M3 plan. `direct` reads as its list of steps: propose, keep within the case's bounds (moved by
what the page and its references are like), obey the hard rules. Every rule is a function of its own with a name.
"""
