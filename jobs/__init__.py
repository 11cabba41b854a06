"""The workers: run a use case later, on another machine."""
