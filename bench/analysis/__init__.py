"""How well the analysis reads a page: `python -m bench.analysis --data FOLDER`."""
