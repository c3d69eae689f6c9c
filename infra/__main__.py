"""What `pulumi up` runs: the inventory is read, every rule is asked, the plan worked out, and the stack built that was named."""

import pathlib

import pulumi

from citycloud_infra.model.load import read_inventory
from citycloud_infra.model.plan import plan_city
from citycloud_infra.render.cloud_init import node_user_data
from citycloud_infra.rules.check import check_inventory, errors
from citycloud_infra.rules.finding import load_texts
from citycloud_infra.targets.base import load_cloud
from citycloud_infra.targets.keys import ConfiguredKeys
from citycloud_infra.targets.plan import record
from citycloud_infra.targets.program import City, build
from citycloud_infra.targets.settings import PROJECT, configured


def main() -> None:
    """Build the stack; with the target `plan` only tell how many resources each stack would have."""
    file = pulumi.Config(PROJECT).require("inventory")
    document = read_inventory(text=(pathlib.Path(__file__).parents[1] / file).read_text("utf-8"), file=file)
    if broken := list(errors(check_inventory(document.inventory, texts=load_texts()))):
        raise pulumi.RunError("\n".join(f"{file}: {each.rule}: {each.field}: {each.vi} / {each.en}" for each in broken))
    given, plan = configured(), plan_city(document.inventory)
    if given.target == "plan":
        pulumi.export("resources", {name: len(nodes) for name, nodes in record(plan=plan, settings=given.settings()).nodes.items()})
        return
    cloud, settings = load_cloud(given.target), given.settings()
    build(stack=pulumi.get_stack(), city=City(plan=plan, settings=settings, cloud=cloud, keys=ConfiguredKeys, user_data=node_user_data))


main()
