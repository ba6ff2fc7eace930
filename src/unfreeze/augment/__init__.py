"""Random changes to training images, and the numbers a model reads."""
