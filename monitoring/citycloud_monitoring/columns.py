"""What the columns of a table are called: the labels of our series, in both languages."""

from collections.abc import Mapping
from typing import Final

from citycloud_monitoring.catalogue import Words
from citycloud_monitoring.panels import Panel

LABELS: Final[Mapping[str, Words]] = {
    "alertname": Words(vi="Cảnh báo", en="Alert"),
    "carrier": Words(vi="Nhà mạng", en="Carrier"),
    "condition": Words(vi="Điều kiện", en="Condition"),
    "currency": Words(vi="Tiền tệ", en="Currency"),
    "environment": Words(vi="Môi trường", en="Environment"),
    "organisation": Words(vi="Cơ quan", en="Organisation"),
    "policy": Words(vi="Chính sách", en="Policy"),
    "resource": Words(vi="Tài nguyên", en="Resource"),
    "severity": Words(vi="Mức độ", en="Severity"),
    "site": Words(vi="Điểm", en="Site"),
    "state": Words(vi="Trạng thái", en="State"),
    "system": Words(vi="Hệ thống", en="System"),
    "tier": Words(vi="Tầng", en="Tier"),
    "type": Words(vi="Loại", en="Type"),
}
VALUES: Final[Mapping[str, Words]] = {
    "count": Words(vi="Số lượng", en="Number"),
    "ratio": Words(vi="Tỷ lệ", en="Share"),
    "seconds": Words(vi="Thời gian", en="Time"),
    "days": Words(vi="Số ngày", en="Days"),
    "money": Words(vi="Số tiền một tháng", en="Amount a month"),
}


def columns(panel: Panel) -> list[tuple[str, Words]]:
    """Return the label of each column and its heading; the value comes last, as the empty label."""
    return [*((label, LABELS[label]) for label in panel.labels), ("", VALUES[panel.unit])]
