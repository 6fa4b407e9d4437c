"""From operations on records to requests, and from answers to receipts."""
