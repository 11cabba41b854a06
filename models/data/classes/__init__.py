"""Data sets of examples with one class each, by the format that they come in."""
