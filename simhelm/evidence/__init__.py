"""What a number is worth: estimates with intervals, and the verdicts made from them."""
