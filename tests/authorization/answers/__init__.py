"""One answer in the words of every protocol."""
