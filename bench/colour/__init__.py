"""How well an engine colours: `python -m bench.colour --data FOLDER [--engine ID] [--input grey|manga]`."""
