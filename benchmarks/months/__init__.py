"""A simulated fleet that asks the real risk model, and what comes of it."""
