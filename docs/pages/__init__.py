"""Pages that are generated when the site is built, and the recording of results they show."""
