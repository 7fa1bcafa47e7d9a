"""Bytes in: one asset module a dataset, one vendor module a vendor.

Belongs here: this overview.
"""
