"""Who works at the machine itself is in the audit by a name that one cannot just say."""

import os
import pwd

import pytest

from gossamer.cli.admin.store_door import operator


def test_the_environment_does_not_say_who_it_is(monkeypatch: pytest.MonkeyPatch):
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "somebody-else")
    assert operator().id == pwd.getpwuid(os.getuid()).pw_name


def test_a_user_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    assert operator().id == "4000000000"
