"""Tasks of a shop and a desk's projects, some of them strict, with guards between: what the tests of guards share."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from run_world import World

from engine.ledger import open_ledger

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from engine.ledger.model import Notice

SPEC = """\
spec: 1
name: {name}
systems:
  shop:
    connector: memory
    with:
      store: {shop}
      streams:
        tasks: {{ {changed_by}fields: {{ title: text, due: date, state: text, project: id, editor: email }} }}
  desk:
    connector: memory
    with:
      store: {desk}
      streams:
        projects: {{ fields: {{ name: text, strict: boolean, first: date, last: date }} }}
        jobs: {{ fields: {{ label: text, ends: date, state: text, project_id: id refers=projects }} }}
{top}
modules:
  tasks:
    sync: shop.tasks <-> desk.jobs
    match: [ title = label ]
    conflicts: shop
    {rule}
    fields: [ title <-> label, due <-> ends, state <-> state, project <-> project_id ]
guards:
  strict-schedule:
    module: tasks
    refuse: due -> ends
    when: project.strict AND NOT (ends BETWEEN project.first AND project.last)
    because: "{{{{ ends }}}} is outside {{{{ project.name }}}}, {{{{ project.first }}}} to {{{{ project.last }}}}."
{more}
"""
OUTSIDE, INSIDE = "2026-07-05", "2026-06-15"


class Guarded(World):
    """A world with a strict project P1 and a free one P2, each with a task that both sides know."""

    changed_by = ""

    def say(self, *, more: str = "", top: str = "", rule: str = "deletes: keep", **_ignored: Any) -> None:
        """Write the spec, with further lines of the guard or further guards."""
        self.file = self.folder / f"{self.name}.yaml"
        words = {"name": self.name, "more": more, "top": top, "rule": rule, "changed_by": self.changed_by}
        self.file.write_text(SPEC.format(**words, **self.stores), encoding="utf-8")

    def begin(self) -> None:
        """Two projects from June to June, and their tasks in step."""
        month = {"first": "2026-06-01", "last": "2026-06-30"}
        self.desk.put("projects", {"id": "P1", "name": "Strictly", "strict": True, **month})
        self.desk.put("projects", {"id": "P2", "name": "Freely", "strict": False, **month})
        for number in ("1", "2"):
            task = {"id": number, "title": f"Task {number}", "due": INSIDE, "state": "open"}
            self.shop.put("tasks", {**task, "project": f"P{number}", "editor": "asha@example.org"})
        assert self.run().outcome == "done"
        self.wait(hours=1)

    def task(self, number: str = "1") -> tuple[Any, ...]:
        """(title, due) as the shop shows it."""
        row = self.shop.streams["tasks"][number]
        return row["title"], row["due"]

    def job(self, number: str = "1") -> tuple[Any, ...]:
        """(label, ends) as the desk shows it."""
        row = next(one for one in self.desk.rows("jobs") if one["project_id"] == f"P{number}")
        return row["label"], row["ends"]

    def told(self) -> list[Notice]:
        """What people were told."""
        with open_ledger(self.ledger, readonly=True) as ledger:
            return ledger.notices(self.name)

    def again(self, hours: int = 12) -> Any:
        """A run later, when whatever is held is due."""
        self.wait(hours=hours)
        return self.run()


LETTER = """\
Subject: {{ ends }} not taken over

{{ project.name }} ends on {{ project.last }}.
"""


class Mailed(Guarded):
    """The same, and whoever sets a date is written to; `port` is where mails are handed in."""

    changed_by = "changed_by: editor, "

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        (folder / "mails").mkdir()
        (folder / "mails" / "late.txt").write_text(LETTER, encoding="utf-8")
        super().__init__(folder)

    def say(self, *, more: str = "", **words: Any) -> None:
        """The spec with a mail server."""
        mail = "    mail: { to: changed_by, template: late }\n"
        top = f'mail: {{ from: sync@example.org, server: "smtp://127.0.0.1:{self.port}" }}'
        super().say(more=mail + more, top=top, rule=words.get("rule", "deletes: keep"))


class Inbox:
    """A mail server on loopback; what it answers to a recipient can be set."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take the recipient, or not."""
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        """Keep the mail."""
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"
