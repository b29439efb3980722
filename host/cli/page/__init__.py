"""`irodori page`: what else one does with a page."""
