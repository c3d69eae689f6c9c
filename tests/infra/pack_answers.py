"""Runs in the policy pack's own environment: what its policy reports of the inventory that is named, as JSON."""

import json
import runpy
import sys

from pulumi_policy import StackValidationArgs

policy = runpy.run_path(sys.argv[1], run_name="pack")["rules_policy"]()
reported: list[str] = []
policy.validate(StackValidationArgs([], {"inventory": sys.argv[2]}), lambda message, _urn: reported.append(message))
print(json.dumps({"level": policy.enforcement_level.value, "reported": reported}))
