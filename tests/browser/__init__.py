"""Tests that look at the published pages with a browser."""
