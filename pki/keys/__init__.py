"""The room that holds private keys behind one port."""
