"""Months that were really published, played through the product in a demo of their own.

What was published is a handful of totals. They are met exactly; whatever they do not say (which
day, which office, which level where none was told) is drawn, and named as such in the report.
"""
