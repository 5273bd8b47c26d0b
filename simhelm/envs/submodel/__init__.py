"""What the environments about submodels share: where solves come from, and what they say."""
