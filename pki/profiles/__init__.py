"""The room that is the data: certificate profiles and tolerance policies."""
