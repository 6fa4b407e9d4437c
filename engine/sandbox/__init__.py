"""Local stand-ins for the vendors: real HTTP on loopback, as published, with limits, errors and faults.

    serve       a thread or a process that serves the sandbox
    app         one ASGI application: the token endpoint, the products, the sandbox's own commands
    control     those commands, under /_sandbox
    company/    a small believable company, the same every time; `awkward` adds records that an API refuses
    crm/        CRM v8
    books/      Books v3, and ERP v3, which is the same application with a table of differences
    projects/   Projects V3
    server/     what every product stands on: the store, the clock, tokens, limits, faults, refusals

A connector must not be able to tell it from the real thing except by the host name.
"""

from __future__ import annotations
