"""Pure functions of numbers: no files, no state, no device."""
