"""The recipe of the page detector: what is learnt from, how, and what comes out."""
