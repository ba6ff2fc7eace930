"""Our side of the benchmarks. Runs in our environment, one process a contestant."""
