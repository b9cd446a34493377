"""Editors for the experiment: one per kind of field, and the panels made of them."""
