"""Keep two business systems in step, as a spec in YAML says.

The house, bottom up (imports only point down):

    errors · catalog · record · event      the nouns
    reconcile · expr                       pure: decide one record; compile one expression
    spec                                   YAML text -> document with places -> frozen Spec, findings as values
    connectors ‖ ledger                    the systems  ‖  the durable memory
    plan                                   the compiled spec: frozen, printable, fingerprinted
    compiler                               Spec -> Plan, a tuple of small passes
    run                                    executes a plan: pull, lens, pair, reconcile, push, settle, recover
    sandbox ‖ render                       local stand-ins for the vendors  ‖  the only place with prose and formats
    cli                                    commands

docs/map.md tells in which order to read it.
"""

from __future__ import annotations

__version__ = "0.1.0"
