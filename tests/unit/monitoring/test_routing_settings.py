"""A city's settings: what mail can be sent to, and no place for a password."""

import pytest
import yaml
from pydantic import ValidationError
from tests.support.routing import settings

from citycloud_monitoring.catalogue import ROOT, span
from citycloud_monitoring.routing_settings import Settings, is_mail

REMEMBERED = "120h"
"""How long Alertmanager remembers by default what it has said."""


@pytest.mark.parametrize("address", ["a@b", "lanh-dao@so-y-te.hanoi.example", "o'neill+cloud@x.example", "a.b_c@1-2.example"])
def test_mail_can_be_sent_there(address: str) -> None:
    assert is_mail(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@",
        "@b",
        "a@b@c",
        "a,b@c",
        "a@b,c@d",
        "a b@c",
        "a@b\n",
        "a@b\nBcc: c@d",
        '"a"@b',
        "<a@b>",
        "a..b@c",
        ".a@b",
        "a@-b",
        "a@b..c",
        "{{ .x }}@b",
        "a@{{.x}}",
        "sở@b.example",
        "a@thành-phố.example",
        "a@" + "b" * 253,
    ],
)
def test_mail_cannot_be_sent_there(address: str) -> None:
    assert not is_mail(address)


@pytest.mark.parametrize(
    "address",
    ["https://user:password@hook.example/x", "https://token@hook.example/x", "ftp://x.example", "https://", "https://x/{{ .y }}", "x"],
)
def test_what_is_no_address_or_holds_a_password_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="address"):
        settings(heartbeat=address)


def test_a_password_is_not_among_the_settings() -> None:
    mail = {"smarthost": "smtp.example:587", "sender": "a@b.example"}
    with pytest.raises(ValidationError, match="Extra inputs"):
        settings(mail={**mail, "password": "secret"})
    with pytest.raises(ValidationError, match="where the password is read from"):
        settings(mail={**mail, "user": "citycloud"})


def test_the_example_is_whole_and_what_it_repeats_is_remembered() -> None:
    example = Settings.model_validate(yaml.safe_load((ROOT / "routing.yaml").read_text(encoding="utf-8")))

    for _, pace in example.paces:
        assert span(pace.repeat) <= span(REMEMBERED)
    assert span(example.paces.critical.repeat) < span(example.paces.warning.repeat) < span(example.paces.info.repeat)
    assert span(example.paces.warning.repeat) == span("4h")
    assert span(example.paces.info.interval) == span("1d")
