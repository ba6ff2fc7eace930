"""The command line: words on a terminal, and nothing that a notebook would miss."""
