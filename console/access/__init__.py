"""Signing in: Flask-Security over the console's own accounts and sessions."""
