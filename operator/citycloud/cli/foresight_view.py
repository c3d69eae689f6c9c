"""How a foresight is told: as rows for people, and as data for programs."""

from typing import Any, Final

from citycloud.api.organisation import Budget
from citycloud.cli.foresight import Foresight
from citycloud.cli.moments import last_day
from citycloud.cli.output import Screen
from citycloud.cli.prices import as_money, has_prices, monthly_cost
from citycloud.cli.rendering import Rows
from citycloud.controllers.allocation import Demand, Total
from citycloud.controllers.life import ENDING_STAGES
from citycloud.controllers.refusal import Refusal
from citycloud.controllers.resolve import Resolved, computed_level
from citycloud.controllers.texts import Texts
from citycloud.evidence.shipped import shipped
from citycloud.plan import quantity
from citycloud.plan.names import zone_namespace

AMOUNTS: Final = ("cpu", "memory", "storage")
VERDICTS: Final = Texts.load(package="citycloud.controllers")
"""What the operator would say: its own catalogue."""


def refusal_text(screen: Screen, refusal: Refusal) -> str:
    """Say a refusal as the operator would, in one language."""
    return VERDICTS.say_in(screen.language, refusal.key, **refusal.parameters)


def reasons_text(screen: Screen, foresight: Foresight) -> str:
    """Say why a human has to decide."""
    return "; ".join(VERDICTS.say_in(screen.language, each.key, **each.parameters) for each in foresight.reasons)


def as_data(*, screen: Screen, foresight: Foresight) -> dict[str, Any]:
    """Write a foresight for programs."""
    refusal = foresight.refusal
    said: dict[str, Any] = {"environment": str(foresight.place)}
    if refusal is not None:
        said["refused"] = {"reason": refusal.key, "text": refusal_text(screen, refusal)}
    resolved = foresight.resolved
    if resolved is None:
        return said
    prices = resolved.city.spec.prices
    return said | {
        "namespaces": namespaces_of(foresight, resolved),
        "level": resolved.level,
        "articles": articles_of(resolved),
        "profile": resolved.profile.metadata.name,
        "policies": policies_of(resolved),
        "size": resolved.size.metadata.name,
        "demand": amounts_of(resolved.demand),
        "budgetLeft": left_of(resolved.organisation.spec.budget, foresight.total),
        "monthlyCost": {"amount": monthly_cost(demand=resolved.demand, prices=prices), "currency": prices.currency},
        "location": resolved.location.name,
        "hosts": list(resolved.hosts),
        "expiresAfterDays": days_of_life(resolved),
        "expires": resolved.spec.expires_at.isoformat() if resolved.spec.expires_at else None,
        "dossier": resolved.dossier,
        "decision": {"reasons": [each.key for each in foresight.reasons], "by": deciders_of(foresight)},
    }


def as_rows(*, screen: Screen, foresight: Foresight) -> Rows:
    """Write a foresight for people."""
    rows = Rows(screen)
    rows.add("RowEnvironment", foresight.place)
    resolved = foresight.resolved
    if resolved is not None:
        _add_resolved(rows, screen=screen, foresight=foresight, resolved=resolved)
    if foresight.refusal is not None:
        rows.add("RowRefused", refusal_text(screen, foresight.refusal), style="bold red")
    return rows


def _add_resolved(rows: Rows, *, screen: Screen, foresight: Foresight, resolved: Resolved) -> None:
    rows.add("RowNamespaces", *(f"{zone}: {name}" for zone, name in namespaces_of(foresight, resolved).items()))
    articles = "; ".join(articles_of(resolved)) or "proposedLevel"
    rows.add("RowLevel", screen.say("LevelBy", level=resolved.level, articles=articles, profile=resolved.profile.metadata.name))
    policies = policies_of(resolved)
    rows.add("RowPolicies", screen.say("PoliciesHold", count=len(policies), policies=" ".join(policies)))
    rows.add("RowSize", f"{resolved.size.metadata.name}: {amounts_text(amounts_of(resolved.demand))}")
    left = left_of(resolved.organisation.spec.budget, foresight.total)
    rows.add("RowBudgetLeft", screen.say("BudgetLeft", environments=left["environments"], amounts=amounts_text(left)))
    rows.add("RowCost", cost_text(screen, resolved))
    rows.add("RowLocation", resolved.location.name)
    if resolved.hosts:
        rows.add("RowHosts", *resolved.hosts, screen.say("HostsFirstCome"))
    rows.add("RowExpires", _end_text(screen, resolved))
    if foresight.dossier is not None:
        rows.add("RowDossier", refusal_text(screen, foresight.dossier), style="yellow")
    if foresight.reasons:
        groups = ", ".join(deciders_of(foresight)) or "–"
        rows.add("RowDecision", screen.say("DecisionNeeded", groups=groups, reasons=reasons_text(screen, foresight)), style="yellow")
    elif foresight.refusal is None:
        rows.add("RowDecision", screen.say("NoDecisionNeeded"), style="green")


def days_of_life(resolved: Resolved) -> int | None:
    """Return how many days after its approval an environment ends that always ends and says no day; None for every other."""
    if resolved.spec.expires_at is not None or resolved.spec.stage not in ENDING_STAGES:
        return None
    return resolved.city.spec.lifecycle.sandbox_days


def _end_text(screen: Screen, resolved: Resolved) -> str:
    if resolved.spec.expires_at is not None:
        return last_day(resolved.city, resolved.spec.expires_at)
    days = days_of_life(resolved)
    return screen.say("NeverExpires") if days is None else screen.say("EndsAfter", days=days)


def namespaces_of(foresight: Foresight, resolved: Resolved) -> dict[str, str]:
    """Name the namespace of each zone."""
    place = foresight.place
    return {zone: zone_namespace(organisation=place.organisation, environment=place.environment, zone=zone) for zone in resolved.zones}


def articles_of(resolved: Resolved) -> list[str]:
    """Name the articles that give the level; none where the department itself proposes a higher one."""
    computed = computed_level(system=resolved.system, framework=resolved.framework)
    return [each.article for each in computed.matched if each.level == resolved.level]


def policies_of(resolved: Resolved) -> list[str]:
    """Name the policies that the controls of the profile rest on, of those that are shipped."""
    wanted = {policy for control in resolved.profile.spec.controls for policy in control.policies}
    return sorted(wanted & shipped().keys())


def deciders_of(foresight: Foresight) -> list[str]:
    """Name the groups that may decide, where somebody has to."""
    resolved = foresight.resolved
    return list(resolved.city.spec.access.approvers) if resolved is not None and foresight.reasons else []


def amounts_of(demand: Demand) -> dict[str, str]:
    """Write a demand as quantities."""
    return {name: quantity.show(getattr(demand, name)) for name in AMOUNTS}


def left_of(budget: Budget, total: Total) -> dict[str, Any]:
    """Write what a budget leaves beside what is held; below zero where a budget shrank below what runs."""
    left: dict[str, Any] = {"environments": budget.environments - total.environments}
    for name in AMOUNTS:
        amount = quantity.parse(getattr(budget, name)) - getattr(total, name)
        left[name] = quantity.show(amount) if amount >= 0 else f"-{quantity.show(-amount)}"
    return left


def amounts_text(amounts: dict[str, Any]) -> str:
    """Write cores, memory and storage in one line."""
    return ", ".join(f"{name} {amounts[name]}" for name in AMOUNTS)


def cost_text(screen: Screen, resolved: Resolved) -> str:
    """Say what an environment costs a month, or that the city has set no prices."""
    prices = resolved.city.spec.prices
    if not has_prices(prices):
        return screen.say("NoPrices")
    return as_money(monthly_cost(demand=resolved.demand, prices=prices), currency=prices.currency, language=screen.language)
