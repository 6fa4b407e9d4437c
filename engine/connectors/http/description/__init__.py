"""What a connector file says: about an API, and about the requests of each stream."""
