"""What may happen around the steps of a fit, one behaviour per file."""
