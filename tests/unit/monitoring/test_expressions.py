"""A name or a label that nobody exports is noticed, wherever in an expression it stands."""

import pytest

from citycloud_monitoring.expressions import Known, unknown

KNOWN: Known = {
    "citycloud_requests": frozenset({"organisation", "type", "state"}),
    "citycloud_handler_duration_seconds": frozenset({"resource"}),
    "citycloud_organisation_info": frozenset({"organisation", "kind"}),
}


@pytest.mark.parametrize(
    "expression",
    [
        'sum by (organisation) (citycloud_requests{state="pending"}) > 3',
        "histogram_quantile(0.99, sum by (le, resource) (rate(citycloud_handler_duration_seconds_bucket[5m])))",
        "citycloud_requests * on (organisation) group_left (kind) citycloud_organisation_info",
        'max_over_time(citycloud_requests{job="citycloud-operator"}[1h:5m] offset 1d)',
        "vector(time()) > 0 or vector(1)",
    ],
)
def test_what_is_exported_may_be_asked_for(expression: str) -> None:
    assert unknown(expression, known=KNOWN) == []


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("citycloud_request > 1", "no metric is called citycloud_request"),
        ("rate(citycloud_requests_bucket[5m]) + citycloud_made_up", "no metric is called citycloud_made_up"),
        ('citycloud_requests{phase="pending"}', "citycloud_requests has no label phase"),
        ('absent(citycloud_requests{stat="pending"})', "citycloud_requests has no label stat"),
        ("sum by (environment) (citycloud_requests)", "no metric here has a label environment"),
        ("citycloud_requests and on (target_namespace) citycloud_requests", "no metric here has a label target_namespace"),
        ("citycloud_requests * on (organisation) group_left (level) citycloud_organisation_info", "no metric here has a label level"),
        ("topk(3, max_over_time(citycloud_requests[5m:1m])) or quantile(0.5, nothing_here)", "no metric is called nothing_here"),
    ],
)
def test_what_nobody_exports_is_named(expression: str, said: str) -> None:
    assert said in unknown(expression, known=KNOWN)


def test_what_cannot_be_parsed_is_no_expression() -> None:
    with pytest.raises(ValueError, match="unclosed"):
        unknown("sum by (", known=KNOWN)
