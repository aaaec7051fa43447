"""A query at both its ends: put by the asker, and examined, decided and answered by the holder."""
