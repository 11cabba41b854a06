"""Parts of `bench/demonstration_atlas.py`."""
