"""Measurements of the product, each beside a reference in the same run; see docs/explain/speed.md."""
