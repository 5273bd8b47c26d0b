"""The learners: bandits, and whatever else chooses settings for a simulator."""
