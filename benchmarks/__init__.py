"""How fast we are, measured beside others on the same machine in the same minutes."""
