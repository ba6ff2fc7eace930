"""From a folder of photos to a folder of results, and from there to answers."""
