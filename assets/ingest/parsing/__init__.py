"""Bounded readers of bytes: delimited text, JSON, zip, numbers as printed. They know no dataset and no vendor."""
