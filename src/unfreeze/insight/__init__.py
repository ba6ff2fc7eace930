"""What a run has learned: tables and pictures, from plain arrays."""
