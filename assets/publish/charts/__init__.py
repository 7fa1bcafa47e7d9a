"""The pictures of the figures: one module a figure over one canvas."""
