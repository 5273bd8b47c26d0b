"""The page that a browser shows of a directory, also while it runs."""
