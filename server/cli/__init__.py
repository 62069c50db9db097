"""The `evtrust` command line."""
