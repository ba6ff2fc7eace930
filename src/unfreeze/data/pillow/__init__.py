"""The pillow door: what opens an image and turns it into plain pixels."""
