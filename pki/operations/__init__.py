"""The room that does: one verb a file; opens the unit of work, commits, states its ports."""
