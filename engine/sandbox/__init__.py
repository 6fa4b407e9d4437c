"""Local stand-ins for the vendors: real HTTP on loopback, as published, with limits, errors and faults.

    clock    the sandbox's own time, which a test can move
    store    records of every product in one SQLite file
    company  a small believable company, the same every time; `awkward` adds records that an API refuses
    oauth    the token endpoint
    throttle what the vendors allow
    faults   what can go wrong on the way
    gate     the log, the faults, the token and the limits before every endpoint
    crm_*    CRM v8
    books_*  Books v3, and ERP v3, which is the same application with a table of differences
    projects_*  Projects V3
    control  the commands under /_sandbox
    app      one ASGI application        serve     a thread or a process that serves it

A connector must not be able to tell it from the real thing except by the host name.
"""

from __future__ import annotations
