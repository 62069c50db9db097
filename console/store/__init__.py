"""Console accounts and sessions in the database."""
