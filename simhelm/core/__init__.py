"""What every room speaks: problems, the search space, results and their end reasons."""
