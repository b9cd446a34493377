"""Tools that take a network apart: each works on a specimen and leaves the run as it was."""
