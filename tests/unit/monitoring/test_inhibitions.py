"""What silences what: alerts that exist, each for a reason that its labels bear out."""

import pytest

from citycloud_monitoring.catalogue import Inhibition, load

CATALOGUE = load()
ALERTS = {alert.name: alert for alert in CATALOGUE.alerts}
PAIRS = [
    pytest.param(each, silenced, id=f"{each.alert} silences {silenced}") for each in CATALOGUE.inhibitions for silenced in each.silences
]
RANK = ("critical", "warning", "info", "none")


def labels(name: str) -> set[str]:
    """Every label with which its proofs show it firing."""
    shown = [set(firing) for trial in CATALOGUE.trials[name] for moment in trial.expect for firing in moment.firing]
    return set.intersection(*shown)


def test_what_is_named_exists() -> None:
    named = {name for each in CATALOGUE.inhibitions for name in (each.alert, *each.silences)}

    assert named <= set(ALERTS)


@pytest.mark.parametrize(("inhibition", "silenced"), PAIRS)
def test_what_silences_is_no_less_urgent(inhibition: Inhibition, silenced: str) -> None:
    assert silenced != inhibition.alert
    assert RANK.index(ALERTS[inhibition.alert].severity) <= RANK.index(ALERTS[silenced].severity)


@pytest.mark.parametrize(("inhibition", "silenced"), PAIRS)
def test_what_has_to_be_equal_is_there_on_both(inhibition: Inhibition, silenced: str) -> None:
    """To Alertmanager a label that both lack is equal: a misspelt one would silence every organisation at once."""
    for name in (inhibition.alert, silenced):
        if name in ALERTS and inhibition.same:
            assert set(inhibition.same) <= labels(name), name


@pytest.mark.parametrize(("inhibition", "silenced"), PAIRS)
def test_one_organisation_never_silences_another(inhibition: Inhibition, silenced: str) -> None:
    if inhibition.alert in ALERTS and "organisation" in labels(inhibition.alert):
        assert "organisation" in inhibition.same
