"""What every kind of run shares: kinds, directories, locks, files, provenance, schema, pages."""
