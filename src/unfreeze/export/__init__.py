"""Models as files that other programs run, with a proof that they answer the same."""
