"""What a model file says of itself, read within limits and without torch."""
