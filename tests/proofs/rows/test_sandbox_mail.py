"""What happens in a sandbox is mailed to nobody, unless the mail server is on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

import pytest
from rows_pc import SPEC, job, later
from rows_world import Proof, house_of
from test_rows_pc_refusals import OUTSIDE, STRICT, edited_by

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "server", ["smtp://mail.example.org:25", "smtps://127.0.0.1.example.org", "nonsense", ""]
)
def test_no_mail_leaves_this_machine_and_the_run_goes_on(tmp_path: Path, server: str) -> None:
    with house_of(Proof(spec=SPEC, flips=(), company="bare"), tmp_path) as house:
        at = job(house, **STRICT)
        task = at.task()
        crm = at.enrolled(task)["id"]
        later(house)
        edited_by(house, 3, crm, Due_Date=OUTSIDE)
        house.environment |= {"MAIL_FROM": "sync@lindenhof.example", "SMTP_URL": server}
        with (
            mock.patch("smtplib.SMTP", side_effect=AssertionError("a mail server was asked")),
            mock.patch("smtplib.SMTP_SSL", side_effect=AssertionError("a mail server was asked")),
        ):
            house.run(expect=4)
        assert "The due date lies outside the schedule" in house.must("errors", sandbox=False)
