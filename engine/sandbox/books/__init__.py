"""A stand-in for the finance products: Books and ERP."""

from __future__ import annotations
