"""For one organisation: what is well, what is not, what is left and what ends; for a clerk without an IT office."""

from typing import Final

from citycloud_monitoring.catalogue import Words
from citycloud_monitoring.panels import Panel, Query, Unit, Variable, View
from citycloud_monitoring.views.city import (
    CONDITION,
    ENVIRONMENT,
    EXPIRY,
    OWN,
    PENDING,
    READY,
    REQUEST,
    condition,
    days_until,
    each,
    or_zero,
)

_RATIO: Final = "organisation_resource:citycloud_quota_allocated:ratio"
_CORES: Final = each("citycloud_system_allocated", OWN, 'resource="cpu"', by="organisation, system")
_FIRING: Final = f'{OWN}, organisation!="", alertstate="firing"'
_AMOUNTS: Final[tuple[tuple[str, Words, Unit], ...]] = (
    ("cpu", Words(vi="Bộ xử lý (lõi)", en="Processors (cores)"), "cores"),
    ("memory", Words(vi="Bộ nhớ", en="Memory"), "bytes"),
    ("storage", Words(vi="Lưu trữ", en="Storage"), "bytes"),
)


def _budget(*, resource: str, title: Words, unit: Unit) -> Panel:
    by = "organisation, resource"
    which = f'resource="{resource}"'
    allocated = each("citycloud_organisation_quota_allocated", OWN, which, by=by)
    limit = each("citycloud_organisation_quota_limit", OWN, which, by=by)
    return Panel(
        id=f"budget-{resource}",
        title=title,
        description=Words(
            vi="Phần đã cấp so với ngân sách. Khi hai đường gặp nhau, yêu cầu mới sẽ bị từ chối: trả lại bớt hoặc xin thêm ngân sách.",
            en="What is allotted, against the budget. Where the lines meet, new requests are refused: give something back or ask for more.",
        ),
        kind="timeseries",
        unit=unit,
        width=8,
        queries=(
            Query(expression=f"sum({allocated})", legend=Words(vi="đã cấp", en="allotted")),
            Query(expression=f"sum({limit})", legend=Words(vi="ngân sách", en="budget")),
        ),
    )


VIEW: Final = View(
    name="department",
    title=Words(vi="Cơ quan: môi trường, ngân sách, yêu cầu", en="Organisation: environments, budget, requests"),
    description=Words(
        vi="Chọn cơ quan ở trên. Lệnh «citycloud status» và «citycloud quota» cho biết cùng nội dung ở dòng lệnh.",
        en="Choose the organisation above. The commands `citycloud status` and `citycloud quota` say the same on a terminal.",
    ),
    audience="organisation",
    span="7d",
    variables=(Variable(name="organisation", title=Words(vi="Cơ quan", en="Organisation"), metric="citycloud_organisation_info"),),
    panels=(
        Panel(
            id="not-ready",
            title=Words(vi="Môi trường chưa sẵn sàng", en="Environments that are not ready"),
            description=Words(
                vi="Bình thường là 0, trừ những môi trường tự xin tạm dừng. Bảng «Điều kiện chưa đạt» nói vì sao.",
                en="Normally 0, but for those that rest at your own wish. The table of conditions below says why.",
            ),
            kind="stat",
            width=6,
            queries=(Query(expression=or_zero("count", of=f"({condition(READY, OWN)}) == 0")),),
            alerts=("EnvironmentStuckNotReady",),
        ),
        Panel(
            id="waiting",
            title=Words(vi="Yêu cầu đang chờ quyết định", en="Requests that wait for a decision"),
            description=Words(
                vi="Chờ quá hai ngày thì hãy hỏi người phê duyệt; «citycloud why» nói đang chờ ai.",
                en="After two days ask the approvers; `citycloud why` says who is waited for.",
            ),
            kind="stat",
            width=6,
            queries=(Query(expression=or_zero("sum", of=each("citycloud_requests", OWN, PENDING, by=REQUEST))),),
        ),
        Panel(
            id="expiring",
            title=Words(vi="Hết hạn trong 30 ngày", en="Expiring within 30 days"),
            description=Words(
                vi="Gia hạn bằng «citycloud renew», hoặc để môi trường dừng đúng ngày. Dữ liệu còn được giữ một thời gian sau đó.",
                en="Renew them with `citycloud renew`, or let them stop on the day. Their data is kept for some time after that.",
            ),
            kind="stat",
            width=6,
            queries=(Query(expression=or_zero("count", of=f"{days_until(EXPIRY, OWN, by=ENVIRONMENT)} < 30")),),
            alerts=("EnvironmentExpiringSoon", "EnvironmentExpiringNow"),
        ),
        Panel(
            id="cost",
            title=Words(vi="Chi phí tháng này", en="Cost this month"),
            description=Words(
                vi="Phần đã cấp nhân với đơn giá một tháng của thành phố. Không có số khi thành phố chưa đặt đơn giá.",
                en="What is allotted, at the city's prices for a month. No number where the city has set no prices.",
            ),
            kind="stat",
            unit="money",
            width=6,
            queries=(Query(expression=f"sum by (currency) (organisation:citycloud_cost:month{{{OWN}}})", legend="{{currency}}"),),
            labels=("currency",),
        ),
        Panel(
            id="budget",
            title=Words(vi="Ngân sách đã dùng", en="Budget in use"),
            description=Words(
                vi="Trên 90 % thì sắp hết: yêu cầu tiếp theo có thể bị từ chối. Khi chọn nhiều cơ quan, đây là cơ quan dùng nhiều nhất.",
                en="Above 90 % it is nearly gone and the next request may be refused. Of several organisations it is the fullest one.",
            ),
            kind="gauge",
            unit="ratio",
            width=12,
            queries=(Query(expression=f"max by (resource) ({_RATIO}{{{OWN}}})", legend="{{resource}}"),),
            labels=("resource",),
            alerts=("OrganisationQuotaNearlyFull", "OrganisationQuotaFull"),
            bound="alert",
        ),
        Panel(
            id="by-phase",
            title=Words(vi="Môi trường theo tình trạng", en="Environments by phase"),
            description=Words(
                vi="Ready là dùng được; AwaitingApproval và AwaitingDossier là đang chờ người; Degraded là có trục trặc.",
                en="Ready can be used; AwaitingApproval and AwaitingDossier wait for somebody; Degraded has a fault.",
            ),
            kind="bar",
            width=12,
            queries=(
                Query(
                    expression=f"count by (phase) ({each('citycloud_environment_phase', OWN, by=f'{ENVIRONMENT}, phase')})",
                    legend="{{phase}}",
                ),
            ),
            labels=("phase",),
        ),
        *(_budget(resource=resource, title=title, unit=unit) for resource, title, unit in _AMOUNTS),
        Panel(
            id="ends",
            title=Words(vi="Môi trường nào hết hạn trước", en="Which environments end first"),
            description=Words(
                vi="Số ngày còn lại; số âm là đã hết hạn. Môi trường không có ngày hết hạn không nằm ở đây.",
                en="Days that are left; below 0 it has ended. An environment without a last day is not listed.",
            ),
            kind="table",
            unit="days",
            width=12,
            queries=(Query(expression=f"bottomk(20, {days_until(EXPIRY, OWN, by=ENVIRONMENT)})"),),
            labels=("organisation", "environment"),
            alerts=("EnvironmentExpiringSoon", "EnvironmentExpiringNow"),
        ),
        Panel(
            id="conditions",
            title=Words(vi="Điều kiện chưa đạt", en="Conditions that do not hold"),
            description=Words(
                vi="Trống là tốt. Mỗi dòng là một điều chưa đạt; «citycloud why CƠ-QUAN/MÔI-TRƯỜNG» nói vì sao và ai phải làm gì.",
                en="Empty is good. Each line is one thing that is missing; `citycloud why ORG/ENV` says why and who has to act.",
            ),
            kind="table",
            width=12,
            queries=(Query(expression=f"{each(CONDITION, OWN, by=f'{ENVIRONMENT}, condition')} == 0"),),
            labels=("organisation", "environment", "condition"),
            healthy_is_empty=True,
        ),
        Panel(
            id="requests",
            title=Words(vi="Yêu cầu theo loại và trạng thái", en="Requests by type and state"),
            description=Words(
                vi="Bị từ chối thì «citycloud why» nói lý do; sửa rồi gửi lại là đủ.",
                en="Where one was refused, `citycloud why` says the reason; change it and ask again.",
            ),
            kind="table",
            width=12,
            queries=(Query(expression=f"sum by (type, state) ({each('citycloud_requests', OWN, by=REQUEST)})"),),
            labels=("type", "state"),
            alerts=("RequestsRefusedOften",),
        ),
        Panel(
            id="alerts",
            title=Words(vi="Cảnh báo về cơ quan", en="Alerts about the organisation"),
            description=Words(
                vi="Trống là tốt. Mỗi cảnh báo có một trang hướng dẫn: nghĩa là gì, làm gì trước, làm gì sau.",
                en="Empty is good. Each alert has a page that says what it means and what to do, in order.",
            ),
            kind="table",
            width=12,
            queries=(Query(expression=f"max by (organisation, alertname, severity) (ALERTS{{{_FIRING}}})"),),
            labels=("organisation", "alertname", "severity"),
            healthy_is_empty=True,
        ),
        Panel(
            id="cost-by-system",
            title=Words(vi="Chi phí một tháng theo hệ thống", en="Cost a month, by system"),
            description=Words(
                vi="Hệ thống nào tốn nhất. Môi trường thử nghiệm không dùng nữa thì nên trả lại.",
                en="Which system costs most. Give back environments for trials that nobody uses any more.",
            ),
            kind="bar",
            unit="money",
            width=12,
            queries=(
                Query(
                    expression=f"topk(15, organisation_system:citycloud_cost:month{{{OWN}}})",
                    legend="{{organisation}}/{{system}} ({{currency}})",
                ),
            ),
            labels=("organisation", "system", "currency"),
        ),
        Panel(
            id="cores-by-system",
            title=Words(vi="Lõi đã cấp theo hệ thống", en="Cores by system"),
            description=Words(vi="Ai đang giữ ngân sách bộ xử lý.", en="Who holds the budget of processors."),
            kind="bar",
            unit="cores",
            width=12,
            queries=(
                Query(
                    expression=f"topk(15, {_CORES})",
                    legend="{{organisation}}/{{system}}",
                ),
            ),
            labels=("organisation", "system"),
        ),
        Panel(
            id="exceptions",
            title=Words(vi="Ngoại lệ đang có hiệu lực", en="Exceptions in force"),
            description=Words(
                vi="Trống là tốt. Ngoại lệ nào cũng có ngày kết thúc: sau ngày đó chính sách lại áp dụng.",
                en="Empty is good. Every exception ends on a day, and then the policy holds again.",
            ),
            kind="table",
            width=12,
            queries=(Query(expression=each("citycloud_policy_exceptions", OWN, by="organisation, policy")),),
            labels=("organisation", "policy"),
            alerts=("PolicyExceptionExpiringSoon",),
            healthy_is_empty=True,
            below="security",
        ),
        Panel(
            id="waiting-longest",
            title=Words(vi="Yêu cầu chờ lâu nhất", en="What has waited longest"),
            description=Words(
                vi="Trống là không có gì chờ. Quá hai ngày thì hãy gọi người phê duyệt.",
                en="Empty where nothing waits. After two days call the approvers.",
            ),
            kind="table",
            unit="seconds",
            width=12,
            queries=(Query(expression=f"time() - min by (organisation, type) (citycloud_request_waiting_timestamp_seconds{{{OWN}}})"),),
            labels=("organisation", "type"),
            alerts=("RequestWaitingTooLong",),
            healthy_is_empty=True,
        ),
    ),
)
