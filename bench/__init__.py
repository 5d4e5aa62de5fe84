"""How long things take, beside what they would take otherwise: `python -m bench`, or `make bench`."""
