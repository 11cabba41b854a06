"""`python -m app.cli` is `taskatlas`."""

from app.cli.commands import main

main()
