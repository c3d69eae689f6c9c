"""Which policies of the catalogue are in force, told from the admission policies and bindings that the API server has.

In force is what fails closed, still has rules of its id, and is bound to deny everywhere. One admission policy may hold the rules of
several, so that its being there proves nothing of each of them.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

Manifest = dict[str, Any]
LABEL: Final = "policy.citycloud.dev/"
"""As the compiler of the catalogue labels what it ships."""


def in_force(*, policies: Iterable[Manifest], bindings: Iterable[Manifest]) -> frozenset[tuple[str, str]]:
    """Return (name of the admission policy, id) of all that is in force; of one kind of policies, with their bindings."""
    bound = {each["spec"]["policyName"] for each in bindings if _denies(each)}
    return frozenset(
        (each["metadata"]["name"], id_)
        for each in policies
        if each["metadata"]["name"] in bound and each["spec"].get("failurePolicy", "Fail") == "Fail"
        for id_ in _ids(each)
    )


def _denies(binding: Manifest) -> bool:
    """Tell whether a binding denies, or mutates, wherever its policy applies; parameters and selectors of its own make it weaker."""
    spec = binding["spec"]
    weakened = any(spec.get("matchResources", {}).get(key) for key in ("namespaceSelector", "objectSelector", "excludeResourceRules"))
    narrowed = bool(spec.get("matchResources", {}).get("resourceRules")) or "paramRef" in spec
    return not weakened and not narrowed and "Deny" in spec.get("validationActions", ("Deny",))


def _ids(policy: Manifest) -> Iterator[str]:
    """Name what the policy holds rules of: each rule names its ids in the text that is read where its expression fails."""
    labelled = [key.removeprefix(LABEL) for key in policy["metadata"].get("labels", {}) if key.startswith(LABEL)]
    texts = [each.get("message", "") for each in policy["spec"].get("validations", ())]
    changes = bool(policy["spec"].get("mutations"))
    named = {id_ for text in texts for id_ in text.partition(": ")[0].split(", ")}
    yield from (id_ for id_ in labelled if changes or id_ in named)
