"""Set-up of a machine: everything `make setup` does, with nothing but the standard library."""
