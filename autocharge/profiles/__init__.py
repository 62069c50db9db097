"""The room that states policy: data files and what reads them."""
