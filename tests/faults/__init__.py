"""Whether the promises hold while things break: faults, load under them, and a checker of what everybody saw."""
