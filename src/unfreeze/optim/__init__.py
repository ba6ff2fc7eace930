"""Optimizers with one learning rate and one weight decay per layer group."""
