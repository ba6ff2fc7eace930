"""The others' side. Runs in the peers' environment, which does not know ours."""
