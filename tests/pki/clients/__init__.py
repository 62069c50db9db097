"""Tests of the authorities' way out."""
