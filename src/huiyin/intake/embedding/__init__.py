"""The rating page inside other sites' pages: which sites may, and the script they load."""
