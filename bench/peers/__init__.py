"""Others who do something like it, measured in the same run."""
