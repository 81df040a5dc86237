"""Measurements of the product, each beside a reference in the same run (docs: speed)."""
