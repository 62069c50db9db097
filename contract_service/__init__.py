"""Contracts of mobility operators (EVCO) and their certificates."""
