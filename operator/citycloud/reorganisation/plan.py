"""The ordered steps of a re-organisation.

Closed first: the organisations that end accept nothing new from the first step on. Then each system is copied, its environments move one by
one, and the old system goes last. What is in the way blocks its own step; nothing starts while anything is blocked, and once started
whatever is not blocked goes on.
"""

import datetime
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator

from citycloud.api.org_change import OrgChangeSpec
from citycloud.reorganisation.facts import Amount, Facts, Place, Site, Work, mark
from citycloud.reorganisation.route import destination, ending, mapping_faults
from citycloud.reorganisation.steps import Note, Plan, Step


def make_plan(*, spec: OrgChangeSpec, facts: Facts, running: bool = False) -> Plan:
    """List every step with its state; one that is `running` minds no other."""
    origins = list(dict.fromkeys(spec.origin))
    systems = [step for origin in origins for step in _of_organisation(origin=origin, spec=spec, facts=facts)]
    checks = [*mapping_faults(spec=spec, facts=facts), *_organisations(spec=spec, facts=facts, running=running)]
    checks += _budgets(steps=systems, facts=facts)
    return Plan(steps=(*checks, *_closings(spec=spec, facts=facts), *_without_clashes(systems)))


def last_day(spec: OrgChangeSpec) -> datetime.date:
    """Return the last day of the old order."""
    return spec.effective_date - datetime.timedelta(days=1)


def _organisations(*, spec: OrgChangeSpec, facts: Facts, running: bool) -> Iterator[Step]:
    for name in dict.fromkeys(spec.origin):
        if name not in facts.offices:
            yield _check(name, "OriginMissing")
    for name in dict.fromkeys(spec.to):
        office = facts.offices.get(name)
        if office is None:
            yield _check(name, "SuccessorMissing")
        elif office.valid_to is not None and office.valid_to < spec.effective_date:
            yield _check(name, "SuccessorEnded", date=office.valid_to)
        elif office.valid_from is not None and office.valid_from > spec.effective_date:
            yield _check(name, "SuccessorNotYet", date=office.valid_from)
    for name in dict.fromkeys((*spec.origin, *spec.to)):
        if name in facts.busy and not running:
            yield _check(name, "AnotherChange", change=facts.busy[name])


def _budgets(*, steps: list[Step], facts: Facts) -> Iterator[Step]:
    """Compare what is still to move with what is left; what is under way is counted where it goes already."""
    wanted: dict[str, Amount] = defaultdict(Amount)
    for step in steps:
        if step.what == "MoveEnvironment" and step.target is not None and step.state == "Planned":
            site = facts.sites[step.origin]
            if not site.moved_to:
                wanted[step.target.organisation] = wanted[step.target.organisation].plus(site.amount)
    for name, amount in wanted.items():
        office = facts.offices.get(name)
        short = office.held.plus(amount).over(office.budget) if office is not None and amount != Amount() else None
        if office is not None and short is not None:
            numbers = {"wanted": getattr(amount, short), "held": getattr(office.held, short), "budget": getattr(office.budget, short)}
            yield _check(name, "SuccessorOverBudget", resource=short, **numbers)


def _closings(*, spec: OrgChangeSpec, facts: Facts) -> Iterator[Step]:
    for name in dict.fromkeys(ending(spec)):
        office = facts.offices.get(name)
        if office is not None:
            closed = office.valid_to is not None and office.successors >= set(spec.to)
            note = Note("ClosesOn", {"date": office.valid_to or last_day(spec), "successors": ", ".join(spec.to) or "–"})
            yield Step(what="CloseOrganisation", origin=Place(name, ""), state="Done" if closed else "Planned", notes=(note,))


def _of_organisation(*, origin: str, spec: OrgChangeSpec, facts: Facts) -> Iterator[Step]:
    """List the steps of one organisation, system by system; what it has moved away already is found where it went."""
    arrived = _arrived(origin=origin, spec=spec, facts=facts)
    here = {place for place in facts.works if place.organisation == origin}
    here |= {Place(origin, site.system) for place, site in facts.sites.items() if place.organisation == origin and not site.over}
    for system in sorted(here | {before for before, _ in arrived}):
        to = next((there.organisation for before, there in arrived if before == system), None) or destination(spec=spec, system=system)
        if to != origin:
            yield from _of_system(system=system, to=to, spec=spec, facts=facts)


def _arrived(*, origin: str, spec: OrgChangeSpec, facts: Facts) -> list[tuple[Place, Place]]:
    """Find systems that were here before, and where they are now."""
    found = []
    for place, work in facts.works.items():
        if place.organisation in spec.to and work.moved_from.startswith(f"{origin}/"):
            before = Place(origin, work.moved_from.split("/")[1])
            if before not in facts.works or work.moved_from == mark(place=before, uid=facts.works[before].uid):
                found.append((before, place))
    return found


def _of_system(*, system: Place, to: str | None, spec: OrgChangeSpec, facts: Facts) -> Iterator[Step]:
    copy = _copy(system=system, to=to, spec=spec, facts=facts)
    if copy is not None:
        yield copy
    moves = list(_moves(system=system, to=to, facts=facts))
    yield from moves
    if copy is not None and to is not None:
        yield _removal(system=system, copied=facts.works.get(Place(to, system.name)), facts=facts)


def _copy(*, system: Place, to: str | None, spec: OrgChangeSpec, facts: Facts) -> Step | None:
    work = facts.works.get(system)
    if to is None:
        if work is None or (spec.action == "abolish" and not spec.to):
            return None  # nobody takes over: what was only described stays where it is, as history
        return Step(what="CopySystem", origin=system, state="Blocked", notes=(Note("MappingMissing", {"system": str(system)}),))
    target = Place(to, system.name)
    there = facts.works.get(target)
    if work is None:
        return Step(what="CopySystem", origin=system, target=target, state="Done") if there is not None and there.moved_from else None
    if there is None:
        return Step(what="CopySystem", origin=system, target=target)
    if there.moved_from == mark(place=system, uid=work.uid):
        return Step(what="CopySystem", origin=system, target=target, state="Done")
    return Step(what="CopySystem", origin=system, target=target, state="Blocked", notes=(Note("NameTaken", {"place": str(target)}),))


def _moves(*, system: Place, to: str | None, facts: Facts) -> Iterator[Step]:
    """List the environments of a system: those that are here, and those that have arrived."""
    for place, site in sorted(facts.sites.items()):
        if place.organisation == system.organisation and site.system == system.name and not _stays(site=site, system=system, facts=facts):
            yield _move(place=place, site=site, to=to, facts=facts)
        elif place.organisation == to and site.system == system.name:
            origin, name, uid = (*site.moved_from.split("/"), "", "", "")[:3]
            before = facts.sites.get(Place(origin, name))
            if origin == system.organisation and (before is None or before.uid != uid):
                yield Step(what="MoveEnvironment", origin=Place(origin, name), target=place, state="Done", notes=_kept_hosts(site))


def _stays(*, site: Site, system: Place, facts: Facts) -> bool:
    """Tell whether something is no environment to move: one that is purged, or a wish about a system that nobody ever described."""
    return site.over or (not site.provisioned and not site.moved_to and system not in facts.works)


def _move(*, place: Place, site: Site, to: str | None, facts: Facts) -> Step:
    if to is None:
        return Step(what="MoveEnvironment", origin=place, state="Blocked", notes=(Note("NobodyTakesOver", {"place": str(place)}),))
    target = Place(to, place.name)
    there = facts.sites.get(target)
    if there is not None and there.moved_from != mark(place=place, uid=site.uid):
        return Step(
            what="MoveEnvironment", origin=place, target=target, state="Blocked", notes=(Note("NameTaken", {"place": str(target)}),)
        )
    if Place(place.organisation, site.system) not in facts.works and Place(to, site.system) not in facts.works:
        note = Note("NoSystem", {"system": site.system, "place": str(place)})
        return Step(what="MoveEnvironment", origin=place, target=target, state="Blocked", notes=(note,))
    return Step(what="MoveEnvironment", origin=place, target=target, notes=(*_kept_hosts(site), *_lost(site)))


def _kept_hosts(site: Site) -> tuple[Note, ...]:
    return (Note("HostsStay", {"hosts": ", ".join(site.hosts)}),) if site.hosts else ()


def _lost(site: Site) -> tuple[Note, ...]:
    """Say what does not come along: decisions are about one object in one home."""
    waits = (Note("DecideAnew"),) if site.waits else ()
    return (*waits, *((Note("ExceptionsEnd", {"names": ", ".join(site.exceptions)}),) if site.exceptions else ()))


def _removal(*, system: Place, copied: Work | None, facts: Facts) -> Step:
    work = facts.works.get(system)
    if work is None:
        return Step(what="RemoveSystem", origin=system, state="Done")
    if copied is not None and copied.moved_from == mark(place=system, uid=work.uid) and copied.content != work.content:
        return Step(what="RemoveSystem", origin=system, state="Blocked", notes=(Note("SystemChanged", {"place": str(system)}),))
    return Step(what="RemoveSystem", origin=system)


def _without_clashes(steps: list[Step]) -> list[Step]:
    """Block what two organisations bring along under one name."""
    targets = Counter((step.what, step.target) for step in steps if step.target is not None and step.state != "Blocked")
    twice = {target for target, count in targets.items() if count > 1}
    return [
        Step(
            what=step.what, origin=step.origin, target=step.target, state="Blocked", notes=(Note("NameTwice", {"place": str(step.target)}),)
        )
        if step.state == "Planned" and (step.what, step.target) in twice
        else step
        for step in steps
    ]


def _check(name: str, key: str, **parameters: object) -> Step:
    return Step(what="Check", origin=Place(name, ""), state="Blocked", notes=(Note(key, {"organisation": name, **parameters}),))


def ready_to_remove(*, plan: Plan, step: Step) -> bool:
    """Tell whether every environment of a system has left, so that nothing here speaks of it any more."""
    before = itertools.takewhile(lambda each: each is not step, plan.steps)
    return all(each.state == "Done" for each in _since_copy(list(before), system=step.origin))


def _since_copy(steps: list[Step], *, system: Place) -> list[Step]:
    start = max((at for at, each in enumerate(steps) if each.what == "CopySystem" and each.origin == system), default=0)
    return steps[start:]
