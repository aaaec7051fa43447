"""From records to the index that others' questions are looked up in."""
