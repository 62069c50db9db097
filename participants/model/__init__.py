"""The room that decides: frozen values and pure functions, no clock, no I/O."""
