"""The service: HTTP, use cases, database, artefacts. One folder per resource, named for what a user knows."""
