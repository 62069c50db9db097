"""Tables of contract service."""
