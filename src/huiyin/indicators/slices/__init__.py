"""Figures of one place and period, broken down by one dimension of the reviews: channel, trust
grade, level, item, tag.

A review is counted once it is *released*: together with at least so many others of the same unit,
region, month and member as the floor asks. Every number here is a sum of such portions, at
whichever place and over whichever months, so that no difference of two of them is a few reviews.
"""
