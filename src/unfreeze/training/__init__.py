"""Learning: batches in, weights and a history out."""
