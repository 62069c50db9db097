"""The way from the authorities to the outside."""
