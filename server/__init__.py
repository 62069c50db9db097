"""Composition root: application, wiring, settings, command line, migrations."""
