"""Who may do what in the console, and how long a session lives: frozen values, pure functions."""
