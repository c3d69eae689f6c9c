"""What the API server tells of the policies. Kubernetes 1.36 counts less than one would wish, and this says what can be known.

A check that cannot be evaluated is counted like one that refuses (`invalid_error` in any case), and one that passes is not counted at
all. So what is broken shows only in conditions and in changes to objects; for the rest there is the canary, which tries.
"""

from typing import Final

from citycloud_monitoring.views.rates import rate

DURATION: Final = "apiserver_admission_controller_admission_duration_seconds"
VALIDATED: Final = 'name="ValidatingAdmissionPolicy", type="validate"'
CREATIONS: Final = 'operation="CREATE"'
_CHANGED: Final = 'name="MutatingAdmissionPolicy", type="admit"'
_OURS: Final = '=~".+[.]citycloud[.]dev"'
_CONDITIONS: Final = "apiserver_admission_match_condition_evaluation_errors_total"
_BROKEN_CHANGES: Final = rate("apiserver_mutating_admission_policy_check_total", f"policy{_OURS}", 'error_type!="no_error"')
_BROKEN_CONDITIONS: Final = rate(_CONDITIONS, 'kind="policy"', f"name{_OURS}")
_CREATED: Final = rate(f"{DURATION}_count", _CHANGED, CREATIONS)

NOT_EVALUATED: Final = f"(({_BROKEN_CHANGES} or 0 * {_CREATED}) + ({_BROKEN_CONDITIONS} or 0 * {_CREATED})) / ({_CREATED} > 0)"
"""The share of creations that meet a policy of ours that is broken."""
BROKEN: Final = rate(_CONDITIONS, 'kind="policy"', by="name")
"""Conditions that cannot be evaluated, by policy, whosever it is."""
REFUSED: Final = rate("apiserver_validating_admission_policy_check_total", 'enforcement_action="deny"', by="policy")
"""Refusals, by policy, whosever it is."""
