"""Quotas that survive a crash: how much an agency has used of something on a UTC day."""
