"""The public names: those of the 2018 lesson, and the recipe written in them."""
