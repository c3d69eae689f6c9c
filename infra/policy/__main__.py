"""What `pulumi up --policy-pack infra/policy` runs: the rules of the inventory as a policy, for those who run Pulumi themselves.

Its library wants other versions than the rest, so the pack has an environment of its own (`requirements/policy-pack.txt`), and knows
nothing of components and targets.
"""

import pathlib
import sys
from collections.abc import Iterator
from typing import Final

from pulumi_policy import EnforcementLevel, PolicyConfigSchema, PolicyPack, ReportViolation, StackValidationArgs, StackValidationPolicy

INFRA: Final = pathlib.Path(__file__).resolve().parents[1]


def broken(file: pathlib.Path) -> Iterator[str]:
    """Say every rule that an inventory breaks, or why it cannot be read."""
    if str(INFRA) not in sys.path:
        sys.path.insert(0, str(INFRA))  # the pack is a folder that Pulumi runs, not an installed package
    from citycloud_infra.model.load import Unreadable, read_inventory  # noqa: PLC0415
    from citycloud_infra.rules.check import check_inventory, errors  # noqa: PLC0415
    from citycloud_infra.rules.finding import load_texts  # noqa: PLC0415

    try:
        document = read_inventory(text=file.read_text("utf-8"), file=str(file))
    except Unreadable as error:
        yield from map(str, error.faults)
        return
    for finding in errors(check_inventory(document.inventory, texts=load_texts())):
        yield f"{file}:{document.line(finding.path)}: {finding.rule}: {finding.field}: {finding.vi} / {finding.en}"


def validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
    """Report every broken rule; paths are from the folder of Pulumi.yaml."""
    for text in broken(INFRA.parent / args.get_config()["inventory"]):
        report_violation(text, None)


def rules_policy() -> StackValidationPolicy:
    """Build the one policy of the pack; it takes the inventory's path as its configuration."""
    schema = PolicyConfigSchema(
        properties={"inventory": {"type": "string", "default": "examples/small/inventory.yaml"}}, required=["inventory"]
    )
    return StackValidationPolicy(
        name="inventory-rules",
        description="The inventory agrees with every named rule (docs/network-rules.md).",
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=schema,
        validate=validate,
    )


if __name__ == "__main__":
    PolicyPack(name="citycloud", policies=[rules_policy()])
