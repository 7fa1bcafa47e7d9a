"""The invented market of the sample."""
