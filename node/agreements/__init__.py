"""What a node knows and does of agreements: the book of those it keeps, its own statements, those of partners."""
