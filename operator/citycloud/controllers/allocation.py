"""What each environment holds of its organisation's budget, exactly, however many are asked for at once.

A hold is taken in memory before the first write and shows on the namespaces before any quota exists; after a crash it is read back from
there and from the approved specs. So two requests for the last place give exactly one, and the sum of all quotas never exceeds a budget.
While an environment changes its size it holds the larger of the two.
"""

import dataclasses
from collections.abc import Iterable

from citycloud.api.organisation import Budget
from citycloud.api.size_class import SizeClassSpec
from citycloud.engine.queue import Key
from citycloud.plan import quantity


@dataclasses.dataclass(frozen=True, kw_only=True)
class Demand:
    """What one environment takes: a place, and amounts in thousandths."""

    cpu: int
    memory: int
    storage: int

    @classmethod
    def of_size(cls, size: SizeClassSpec) -> "Demand":
        """Read the demand of a size; raise ValueError where a quantity cannot be read."""
        amounts = [quantity.parse(size.quota.get(f"requests.{name}", "0")) for name in ("cpu", "memory", "storage")]
        return cls(cpu=amounts[0], memory=amounts[1], storage=amounts[2])

    @classmethod
    def parse(cls, text: str) -> "Demand":
        """Read what a namespace says its environment holds."""
        amounts = dict(part.split("=", 1) for part in text.split(","))
        return cls(**{name: quantity.parse(amounts[name]) for name in ("cpu", "memory", "storage")})

    def show(self) -> str:
        """Write the demand for a namespace."""
        return ",".join(f"{name}={quantity.show(amount)}" for name, amount in dataclasses.asdict(self).items())

    def larger(self, other: "Demand") -> "Demand":
        """Return the larger amount of each."""
        return Demand(cpu=max(self.cpu, other.cpu), memory=max(self.memory, other.memory), storage=max(self.storage, other.storage))

    def covers(self, other: "Demand", *, times: float = 1) -> bool:
        """Tell whether no amount of the other is more than so many times this one's."""
        return all(amount <= times * getattr(self, name) for name, amount in dataclasses.asdict(other).items())


@dataclasses.dataclass(frozen=True)
class Shortage:
    """What a budget lacks: which resource, how much was wanted, how much is left."""

    resource: str
    wanted: str
    left: str


@dataclasses.dataclass(frozen=True)
class Total:
    """What all environments of an organisation hold together."""

    environments: int = 0
    cpu: int = 0
    memory: int = 0
    storage: int = 0

    def plus(self, demand: Demand) -> "Total":
        """Add one environment."""
        return Total(self.environments + 1, self.cpu + demand.cpu, self.memory + demand.memory, self.storage + demand.storage)

    def minus(self, demand: Demand) -> "Total":
        """Take one environment away."""
        return Total(self.environments - 1, self.cpu - demand.cpu, self.memory - demand.memory, self.storage - demand.storage)


class Allocations:
    """Every hold of every environment, by home namespace, and every public host."""

    def __init__(self) -> None:
        self._holds: dict[Key, Demand] = {}
        self._totals: dict[str, Total] = {}
        self._hosts: dict[str, Key] = {}
        self._hosts_of: dict[Key, set[str]] = {}
        self._waiting: dict[str, set[Key]] = {}

    def restore(self, *, key: Key, demands: Iterable[Demand], hosts: Iterable[str]) -> None:
        """Take back what an environment held before this process started; the largest counts."""
        for demand in demands:
            self._take(key=key, demand=demand.larger(self._holds.get(key, demand)))
        for host in hosts:
            if self._hosts.setdefault(host, key) == key:
                self._hosts_of.setdefault(key, set()).add(host)

    def try_hold(self, *, key: Key, demand: Demand, budget: Budget) -> Shortage | None:
        """Hold `demand` beside what is held already, or say what is short and change nothing.

        An environment that does not grow is never refused: a budget that shrank below what runs takes nothing away.
        """
        held = self._holds.get(key)
        wanted = demand if held is None else demand.larger(held)
        if wanted == held:
            return None
        shortage = self.shortage(key=key, wanted=wanted, budget=budget)
        if shortage is None:
            self._take(key=key, demand=wanted)
        return shortage

    def shortage(self, *, key: Key, wanted: Demand, budget: Budget) -> Shortage | None:
        """Say what a budget lacks for `wanted` in place of what is held; None where it fits."""
        held = self._holds.get(key)
        others = self.total(key.namespace) if held is None else self.total(key.namespace).minus(held)
        if others.environments + 1 > budget.environments:
            return Shortage("environments", "1", str(max(0, budget.environments - others.environments)))
        for name in ("cpu", "memory", "storage"):
            left = quantity.parse(getattr(budget, name)) - getattr(others, name)
            amount = getattr(wanted, name)
            if amount > left:
                return Shortage(name, quantity.show(amount), quantity.show(max(0, left)))
        return None

    def settle(self, *, key: Key, demand: Demand) -> None:
        """Take note that nothing larger than `demand` exists any more."""
        self._take(key=key, demand=demand)

    def release(self, key: Key) -> bool:
        """Give everything back; tell whether something was held."""
        for host in self._hosts_of.pop(key, set()):
            del self._hosts[host]
        return self._give_back(key) is not None

    def pass_on(self, *, key: Key, heir: Key) -> None:
        """Let another hold what `key` holds, whatever that one's budget says: nothing grows by it."""
        held, hosts = self._give_back(key), self._hosts_of.pop(key, set())
        if held is not None:
            self._take(key=heir, demand=held.larger(self._holds.get(heir, held)))
        for host in hosts:
            self._hosts[host] = heir
        if hosts:
            self._hosts_of.setdefault(heir, set()).update(hosts)

    def holds(self, key: Key) -> Demand | None:
        """Return what an environment holds."""
        return self._holds.get(key)

    def amounts(self, key: Key) -> dict[str, int] | None:
        """Return the same by resource, in thousandths; may be asked from another thread."""
        held = self._holds.get(key)
        return dataclasses.asdict(held) if held is not None else None

    def total(self, home: str) -> Total:
        """Return what the environments of one home namespace hold."""
        return self._totals.get(home, Total())

    def wait(self, key: Key) -> None:
        """Note that somebody was refused for want of room, at the moment of the refusal."""
        self._waiting.setdefault(key.namespace, set()).add(key)

    def take_waiting(self, home: str) -> set[Key]:
        """Return who waits for room in a home; whoever is refused again waits again."""
        return self._waiting.pop(home, set())

    def host_holder(self, *, key: Key, hosts: Iterable[str]) -> tuple[str, Key] | None:
        """Return the first of `hosts` that somebody else holds, and who."""
        return next(((host, self._hosts[host]) for host in hosts if self._hosts.get(host, key) != key), None)

    def claim_hosts(self, *, key: Key, hosts: Iterable[str]) -> bool:
        """Hold exactly `hosts`, first come, first served; tell whether one was given back."""
        wanted = set(hosts)
        given_back = [host for host in self._hosts_of.get(key, ()) if host not in wanted]
        for host in given_back:
            del self._hosts[host]
        self._hosts_of[key] = wanted
        for host in wanted:
            self._hosts[host] = key
        return bool(given_back)

    def _take(self, *, key: Key, demand: Demand) -> None:
        self._give_back(key)
        self._holds[key] = demand
        self._totals[key.namespace] = self.total(key.namespace).plus(demand)

    def _give_back(self, key: Key) -> Demand | None:
        held = self._holds.pop(key, None)
        if held is not None:
            self._totals[key.namespace] = self.total(key.namespace).minus(held)
        return held
