"""Releases: staged, verified, promoted; charts, descriptor, readers' database."""
