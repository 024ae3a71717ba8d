"""Load tests: concurrent play against real servers, with a verdict on what was promised before any figure.

`python -m tests.load SCENARIO` runs one; `python -m tests.load --help` tells which there are.
"""
