"""``python -m cli`` is the command ``symbolon``, for where the script is not on the path."""

from cli.main import main

main()
