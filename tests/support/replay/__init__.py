"""Vendors replayed over loopback HTTP: their real paths, with payloads of real files and made ones."""
