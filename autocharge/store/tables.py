"""Tables of autocharge."""
