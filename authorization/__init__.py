"""The one decision and its surroundings: stations, EVSEs, tokens, sessions, decision log."""
