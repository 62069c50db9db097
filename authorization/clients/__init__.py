"""Outbound HTTP of the decision: partners that are asked about contracts and tokens of theirs."""
