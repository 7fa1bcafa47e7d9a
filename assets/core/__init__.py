"""Conformed tables: append-only and bitemporal, one a dataset.

Belongs here: this overview.
"""
