"""`taskatlas`: the service and its use cases from a terminal."""

from app.cli.commands import cli, main

__all__ = ["cli", "main"]
