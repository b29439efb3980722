"""Pictures that move: networks that make a film of a picture."""
