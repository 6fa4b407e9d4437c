"""Pairing: newcomers are recognised by their match keys; every record is compared, made, set aside or held."""

from __future__ import annotations
