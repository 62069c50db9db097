"""Identifiers of e-mobility, parsed once into frozen values."""
