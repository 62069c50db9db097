"""The benchmark table: every hot answer beside the floor of the same server, in one run."""
