"""Answers over HTTP and from an exported file, without torch."""
