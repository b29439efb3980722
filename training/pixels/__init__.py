"""The recipe of the pixel network: which pixels of a page are balloon, and which are lettering."""
