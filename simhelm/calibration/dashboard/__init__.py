"""Pages to look at while a study or a run is under way; nothing in its directory is written."""
