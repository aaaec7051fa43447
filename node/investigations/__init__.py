"""The cases that this agency's analysts work on: what a query states, saved once under the agency's own reference."""
