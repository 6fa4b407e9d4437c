"""Texts that go over the line: bodies, addresses, and what must not stand in them."""
