"""Benchmarks that anybody can run: `python -m tests.bench store`. Figures are ratios within one run."""
