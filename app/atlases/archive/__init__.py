"""A whole atlas as one file: a zip of a manifest and of the artefacts that it names by their SHA-256."""
