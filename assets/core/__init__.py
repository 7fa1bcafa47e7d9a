"""Conformed tables: append-only and bitemporal, one module a table."""
