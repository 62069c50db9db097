"""Who may ask: clients, roles, access tokens."""
