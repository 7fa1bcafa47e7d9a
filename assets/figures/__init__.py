"""Figures: the public tables, one module a figure (registry.py lists them)."""
