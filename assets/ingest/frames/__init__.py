"""Parsed values to the rows of a contract: one module a dataset. They know no vendor."""
