"""Bytes in: the ingest assets, the vendors, and what a payload goes through before it is staged for core.

Belongs here: this overview.
"""
