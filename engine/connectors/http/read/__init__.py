"""From the requests of a stream to its records."""
