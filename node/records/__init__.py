"""The agency's own records: how a list becomes records, where they lie, and the holder's rules on them."""
