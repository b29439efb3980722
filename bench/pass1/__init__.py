"""How well pass1 reads a page: `python -m bench.pass1 --data FOLDER`."""
