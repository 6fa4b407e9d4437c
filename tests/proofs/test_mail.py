"""Mail: whoever made a refused change is written to once, and a mail server that fails is in nobody's way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from guard_world import INSIDE, OUTSIDE, Inbox, Mailed

from engine.run.sync import mail as sending

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Somewhere(Controller):
    """On a port that the machine chooses; the library's own look at it wants to know which."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # the library leaves it so


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Inbox, int]]:
    inbox = Inbox()
    controller = Somewhere(inbox, hostname="127.0.0.1", port=0)
    controller.start()
    yield inbox, controller.port
    controller.stop()


@pytest.fixture
def inbox(server: tuple[Inbox, int]) -> Inbox:
    server[0].mails.clear()
    server[0].answer = "250 OK"
    return server[0]


@pytest.fixture
def world(tmp_path: Path, server: tuple[Inbox, int], inbox: Inbox) -> Iterator[Mailed]:
    del inbox
    with Mailed(tmp_path, server[1]) as world:
        world.begin()
        yield world


def states(world: Mailed) -> list[tuple[str, int]]:
    return [(one.state, one.attempts) for one in world.told()]


def test_whoever_set_the_date_is_written_to_once_in_the_words_of_the_template(
    world: Mailed, inbox: Inbox
) -> None:
    world.shop.edit("tasks", "1", due=OUTSIDE, editor="ravi@example.org")
    world.run()
    (mail,) = inbox.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == (
        "ravi@example.org",
        "sync@example.org",
        f"{OUTSIDE} not taken over",
    )
    assert mail.get_content().strip() == "Strictly ends on 2026-06-30."
    for _ in range(3):
        world.again()
    assert (len(inbox.mails), states(world)) == (1, [("sent", 1)])
    world.shop.edit("tasks", "1", due="2026-09-09")
    world.again()
    assert [one["Subject"] for one in inbox.mails][1:] == ["2026-09-09 not taken over"]


def test_a_server_that_is_busy_is_asked_again_by_later_runs_and_fails_none(
    world: Mailed, inbox: Inbox
) -> None:
    inbox.answer = "451 busy"
    world.shop.edit("tasks", "1", due=OUTSIDE, title="New title")
    assert world.run().outcome == "held"
    assert (world.job(), states(world)) == (("New title", INSIDE), [("pending", 1)])
    assert "451 busy" in str(world.told()[0].error)
    inbox.answer = "250 OK"
    world.run()
    assert states(world) == [("pending", 1)], "not before its time"
    world.again()
    assert (len(inbox.mails), states(world)) == (1, [("sent", 2)])


def test_an_address_that_the_server_never_takes_is_given_up(world: Mailed, inbox: Inbox) -> None:
    inbox.answer = "550 no such person"
    world.shop.edit("tasks", "1", due=OUTSIDE)
    world.run()
    inbox.answer = "250 OK"
    world.again()
    assert (inbox.mails, states(world)) == ([], [("failed", 1)])


def test_a_change_without_an_address_is_told_and_not_mailed(world: Mailed, inbox: Inbox) -> None:
    world.shop.edit("tasks", "1", due=OUTSIDE, editor=None)
    world.run()
    assert (inbox.mails, states(world)) == ([], [("failed", 0)])


def test_no_server_at_all_costs_no_record(world: Mailed) -> None:
    world.port = 1
    world.say()
    world.shop.edit("tasks", "1", due=OUTSIDE, title="New title")
    assert world.run().outcome == "held"
    assert (world.job(), states(world)) == (("New title", INSIDE), [("pending", 1)])


def test_killed_between_refusal_and_mail_it_goes_out_with_the_next_run(world: Mailed, inbox: Inbox) -> None:
    world.shop.edit("tasks", "1", due=OUTSIDE)
    restore = world.remember()
    world.doomed()
    for step in world.watch.told:
        restore()
        inbox.mails.clear()
        world.doomed(step)
        world.again()
        world.again()
        ids = {one["Message-ID"] for one in inbox.mails}
        # Between the server's yes and our note of it nobody can look: then it goes out again, under the same id.
        assert len(ids) == 1, step
        assert len(inbox.mails) <= 2, step
        assert [state for state, _ in states(world)] == ["sent"], step


def test_a_preview_and_a_line_that_breaks_a_header_send_nothing(world: Mailed, inbox: Inbox) -> None:
    world.shop.edit("tasks", "1", due=OUTSIDE, editor="ravi@example.org\nBcc: all@example.org")
    world.preview()
    assert inbox.mails == []
    world.run()
    assert (inbox.mails, states(world)) == ([], [("failed", 1)])


@pytest.mark.parametrize("url", ["mailhost", "http://mailhost", "smtp://"])
def test_an_address_of_no_mail_server_is_told_in_a_sentence(tmp_path: Path, url: str) -> None:
    from engine.errors import UserError
    from engine.plan import MailServer

    mail: Any = MailServer(sender="a@example.org", url=url, place="spec.yaml:1")
    with pytest.raises(UserError, match="no address of a mail server"):
        sending.server_of(mail, tmp_path)
