"""Partial adaptation on real and rendered data: tasks, runs and reports of `bench/partial_adaptation.py`."""
