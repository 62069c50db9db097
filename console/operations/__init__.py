"""What is done with console accounts and their sessions."""
