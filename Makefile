# Measurements; tests and checks are `sh scripts/test.sh` (README).
PYTHON ?= $(if $(wildcard .venv/bin/python),.venv/bin/python,python)

.PHONY: bench bench-quick performance

# Every bar of benchmarks/README.md, about an hour; then docs/performance.md from the results.
bench:
	$(PYTHON) benchmarks/run.py

# The same with few rounds and small sizes, in minutes; no committed figure changes.
bench-quick:
	$(PYTHON) benchmarks/run.py --quick

# docs/performance.md from the results that are there.
performance:
	$(PYTHON) benchmarks/render.py
