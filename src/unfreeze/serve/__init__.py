"""Answers without torch: from an exported model, in Python and over HTTP."""
