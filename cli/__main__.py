"""Let ``python -m cli`` be the command ``symbolon``."""

from cli.main import main

main()
