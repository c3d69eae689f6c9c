"""What infra publishes of the sample city is what `citycloud facts apply` reads: two packages that share a form and no code."""

from pathlib import Path
from typing import Final

import yaml

from citycloud.facts.reading import read_facts

HANOI: Final = Path(__file__).parents[3] / "examples" / "hanoi-2026"


def test_the_facts_of_hanoi_fit_and_their_sites_work_for_organisations_that_exist() -> None:
    facts = read_facts((HANOI / "facts.json").read_bytes())
    organisations = {
        each["metadata"]["name"] for each in yaml.load_all((HANOI / "organisations.yaml").read_text(), Loader=yaml.CSafeLoader)
    }

    assert len(facts.sites) > len(organisations)
    assert {site.organisation for site in facts.sites if site.organisation is not None} <= organisations
    assert {link.site for link in facts.links} == {site.name for site in facts.sites}


def test_every_place_that_an_environment_of_hanoi_names_is_published() -> None:
    known = {(site.name, each.name) for site in read_facts((HANOI / "facts.json").read_bytes()).sites for each in site.segments}
    environments = yaml.load_all((HANOI / "environments.yaml").read_text(), Loader=yaml.CSafeLoader)
    named = {(each["site"], each["segment"]) for environment in environments for each in environment["spec"].get("allowFrom", ())}

    assert named
    assert named <= known
