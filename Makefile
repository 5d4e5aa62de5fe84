# See `make help`.
.PHONY: test
test:
	.venv/bin/python -m pytest
