"""How the tables of ``matching`` are made: learned or counted from public names, by hand, never at run time."""
