"""A re-organisation played through on paper: what each step makes of the facts, in any order in which steps can be taken."""

import dataclasses
from collections.abc import Callable, Sequence

from citycloud.api.org_change import OrgChangeSpec
from citycloud.reorganisation.facts import Amount, Facts, Office, Place, Site, Work, mark
from citycloud.reorganisation.plan import last_day, make_plan, ready_to_remove
from citycloud.reorganisation.steps import Plan, Step

Choice = Callable[[Sequence[Step]], Step]
"""Which of several steps that can be taken now is taken."""


def first(steps: Sequence[Step]) -> Step:
    """Take them in the order of the plan."""
    return steps[0]


def possible(*, plan: Plan, facts: Facts) -> list[Step]:
    """List the steps that can be taken now: a system comes before its environments, and goes after them."""
    return [step for step in plan.left if _is_possible(step=step, plan=plan, facts=facts)]


def taken(*, step: Step, spec: OrgChangeSpec, facts: Facts) -> Facts:
    """Return the facts after a step."""
    if step.what == "CloseOrganisation":
        office = facts.offices[step.origin.organisation]
        ended = dataclasses.replace(office, valid_to=office.valid_to or last_day(spec), successors=office.successors | set(spec.to))
        return dataclasses.replace(facts, offices={**facts.offices, office.name: ended})
    if step.what == "RemoveSystem":
        return dataclasses.replace(facts, works={place: work for place, work in facts.works.items() if place != step.origin})
    assert step.target is not None
    if step.what == "CopySystem":
        work = facts.works[step.origin]
        copy = Work(uid=f"{work.uid}+", content=work.content, moved_from=mark(place=step.origin, uid=work.uid))
        return dataclasses.replace(facts, works={**facts.works, step.target: copy})
    return _moved(origin=step.origin, target=step.target, facts=facts)


def halfway(*, step: Step, facts: Facts) -> Facts:
    """Return the facts while an environment moves: both are there, and the one that leaves says where it goes."""
    assert step.target is not None
    site = facts.sites[step.origin]
    copy = dataclasses.replace(site, uid=f"{site.uid}+", moved_from=mark(place=step.origin, uid=site.uid), amount=Amount())
    leaving = dataclasses.replace(site, moved_to=str(step.target))
    return dataclasses.replace(facts, sites={**facts.sites, step.origin: leaving, step.target: copy})


def carried_out(*, spec: OrgChangeSpec, facts: Facts, choose: Choice = first) -> Facts:
    """Take every step; fail where one is blocked or nothing can be done although something is left."""
    plan = make_plan(spec=spec, facts=facts)
    while not plan.is_done:
        assert not plan.blocked, [(step.what, step.object, step.notes) for step in plan.blocked]
        steps = possible(plan=plan, facts=facts)
        assert steps, [(step.what, step.object) for step in plan.left]
        facts = taken(step=choose(steps), spec=spec, facts=facts)
        plan = make_plan(spec=spec, facts=facts, running=True)
    return facts


def _is_possible(*, step: Step, plan: Plan, facts: Facts) -> bool:
    if step.what == "MoveEnvironment" and step.target is not None:
        before = Place(step.origin.organisation, facts.sites[step.origin].system)
        system = facts.works.get(Place(step.target.organisation, before.name))
        return system is not None and before in facts.works and system.moved_from == mark(place=before, uid=facts.works[before].uid)
    return step.what != "RemoveSystem" or ready_to_remove(plan=plan, step=step)


def _moved(*, origin: Place, target: Place, facts: Facts) -> Facts:
    site = facts.sites[origin]
    copy = dataclasses.replace(site, uid=f"{site.uid}+", moved_from=mark(place=origin, uid=site.uid), moved_to="")
    sites = {place: each for place, each in facts.sites.items() if place != origin} | {target: copy}
    return dataclasses.replace(facts, sites=sites, offices=_rebooked(origin=origin, target=target, site=site, facts=facts))


def _rebooked(*, origin: Place, target: Place, site: Site, facts: Facts) -> dict[str, Office]:
    offices = dict(facts.offices)
    less = Amount(**{name: -value for name, value in dataclasses.asdict(site.amount).items()})
    for name, amount in ((origin.organisation, less), (target.organisation, site.amount)):
        offices[name] = dataclasses.replace(offices[name], held=offices[name].held.plus(amount))
    return offices
