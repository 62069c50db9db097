"""Tables of authorization."""
