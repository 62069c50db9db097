"""The room that translates: Flask blueprints and their schemas."""
