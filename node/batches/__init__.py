"""Lists of persons put as queries, a row at a time: read, kept until they are asked, asked, and forgotten."""
