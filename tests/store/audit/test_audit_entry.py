import os
import pwd

from genesis_ray.store.audit.audit_entry import this_user


def test_who_this_process_belongs_to_is_not_chosen_by_a_variable(monkeypatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "mallory")
    assert this_user() == pwd.getpwuid(os.geteuid()).pw_name


def test_a_user_without_a_name_is_told_by_number(monkeypatch):
    def nobody(number: int):
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert this_user() == str(os.geteuid())
