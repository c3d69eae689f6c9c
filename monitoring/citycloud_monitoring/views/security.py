"""For the security officers: is every place closed as its level asks, what is excepted, who tries what, and what was changed by hand."""

from typing import Final

from citycloud_monitoring.catalogue import Words
from citycloud_monitoring.objectives import WINDOW
from citycloud_monitoring.panels import Bound, Panel, Query, View
from citycloud_monitoring.views.admission import BROKEN, REFUSED
from citycloud_monitoring.views.city import ENVIRONMENT, condition, days_until, each, or_zero
from citycloud_monitoring.views.rates import rate

_ANY: Final = Bound(worse="above", value=1)
_LET_IN: Final = f'sum(increase(citycloud_canary_runs_total{{result="forbidden_admitted"}}[{WINDOW}]))'
_LEDGER: Final = each("citycloud_ledger_entries", by="organisation")
_WAITING: Final = 'min by (organisation) (citycloud_request_waiting_timestamp_seconds{type="exception"})'
_ISOLATED: Final = 'condition="NetworkIsolated"'
_EXCEPTIONS: Final = each("citycloud_policy_exceptions", by="organisation, policy")
_INFO: Final = "citycloud_environment_info"
_OPEN: Final = f"({condition(_ISOLATED)}) == 0"
_DOSSIER: Final = each("citycloud_environment_phase", 'phase="AwaitingDossier"', by=ENVIRONMENT)

VIEW: Final = View(
    name="security",
    title=Words(vi="An toàn thông tin", en="Security posture"),
    description=Words(
        vi="Mọi chỗ đã khép kín đúng cấp độ chưa, ngoại lệ nào đang có, ai thử gì, ai sửa tay. Bằng chứng chi tiết: «citycloud evidence».",
        en="Is every place closed as its level asks, what is excepted, who tries what. For evidence in detail: `citycloud evidence`.",
    ),
    audience="security",
    span="7d",
    panels=(
        Panel(
            id="open",
            title=Words(vi="Chưa cô lập mạng", en="Not isolated"),
            description=Words(
                vi="Môi trường đã có chỗ mà chính sách mạng chưa áp dụng xong. Bình thường là 0; từ cấp độ 3 trở lên thì gọi ngay.",
                en="Environments in place whose network policies are not all applied. Normally 0; from level 3 on call at once.",
            ),
            kind="stat",
            width=5,
            queries=(Query(expression=or_zero("count", of=_OPEN)),),
            alerts=("IsolationNotApplied",),
            bound=_ANY,
        ),
        Panel(
            id="dossier",
            title=Words(vi="Chờ hồ sơ cấp độ", en="Waiting for a dossier"),
            description=Words(
                vi="Hệ thống chưa có quyết định phê duyệt cấp độ thì chưa được cấp chỗ. Nhắc đơn vị chủ quản.",
                en="A system without an approved level gets no place. Remind its owner.",
            ),
            kind="stat",
            width=5,
            queries=(Query(expression=or_zero("count", of=_DOSSIER)),),
        ),
        Panel(
            id="exceptions",
            title=Words(vi="Ngoại lệ đang có hiệu lực", en="Exceptions in force"),
            description=Words(
                vi="Rủi ro đã chấp nhận. Càng ít càng tốt; mỗi ngoại lệ có người quyết định, biện pháp bù và ngày kết thúc.",
                en="Accepted risks. The fewer the better; each has a decision, a measure that makes up for it, and an end.",
            ),
            kind="stat",
            width=5,
            queries=(Query(expression=or_zero("sum", of=_EXCEPTIONS)),),
        ),
        Panel(
            id="canary",
            title=Words(vi="Điều cấm mà lọt (28 ngày)", en="Forbidden and let in (28 days)"),
            description=Words(
                vi="Luôn là 0. Cứ 15 phút môi trường thử gửi một pod bị cấm; pod đó được nhận nghĩa là chính sách không còn hiệu lực.",
                en="Always 0. Every 15 minutes the canary sends a pod that is forbidden; where it gets in, the policies do not hold.",
            ),
            kind="stat",
            width=5,
            queries=(Query(expression=f"{_LET_IN} or 0 * sum(citycloud_canary_runs_total)"),),
            alerts=("ForbiddenPodAdmitted",),
            bound="alert",
        ),
        Panel(
            id="decisions",
            title=Words(vi="Quyết định trong sổ cái", en="Decisions in the ledger"),
            description=Words(
                vi="Chỉ tăng, không bao giờ giảm. Giảm là có người động vào sổ: «citycloud ledger verify».",
                en="It only ever grows. Where it falls, somebody touched the ledger: `citycloud ledger verify`.",
            ),
            kind="stat",
            width=4,
            queries=(Query(expression=or_zero("sum", of=_LEDGER)),),
            alerts=("LedgerShrank",),
        ),
        Panel(
            id="applied",
            title=Words(vi="Điều kiện đã đạt", en="Conditions that hold"),
            description=Words(
                vi="Tỷ lệ môi trường đã có chỗ đạt từng điều kiện. NetworkIsolated và QuotaApplied phải là 100 %.",
                en="The share of environments in place that meet each. NetworkIsolated and QuotaApplied have to be 100 %.",
            ),
            kind="bar",
            unit="ratio",
            width=8,
            queries=(Query(expression=f"avg by (condition) ({condition(by=f'{ENVIRONMENT}, condition')})", legend="{{condition}}"),),
            labels=("condition",),
        ),
        Panel(
            id="by-level",
            title=Words(vi="Môi trường theo cấp độ", en="Environments by level"),
            description=Words(
                vi="Cấp độ của hồ sơ đã phê duyệt, không phải của ai tự chọn.",
                en="The level of the approved dossier, which nobody chooses.",
            ),
            kind="bar",
            width=8,
            queries=(
                Query(
                    expression=f"count by (security_level) ({each(_INFO, by=f'{ENVIRONMENT}, security_level')})",
                    legend=Words(vi="Cấp độ {{security_level}}", en="Level {{security_level}}"),
                ),
            ),
            labels=("security_level",),
        ),
        Panel(
            id="well-by-level",
            title=Words(vi="Sẵn sàng theo cấp độ", en="Ready, by level"),
            description=Words(
                vi="Cấp độ cao mà không đầy: xem ngay môi trường nào, vì mọi kiểm soát của cấp đó nằm trong điều kiện này.",
                en="Where a high level is not full, see at once which one: all controls of the level are in this condition.",
            ),
            kind="bar",
            unit="ratio",
            width=8,
            queries=(
                Query(
                    expression="security_level:citycloud_environments_ready:ratio",
                    legend=Words(vi="Cấp độ {{security_level}}", en="Level {{security_level}}"),
                ),
            ),
            labels=("security_level",),
            below="fleet",
        ),
        Panel(
            id="excepted",
            title=Words(vi="Chính sách nào được bỏ qua ở đâu", en="Which policy is excepted where"),
            description=Words(
                vi="Trống là tốt. Cùng một chính sách ở nhiều cơ quan: có thể chính sách hoặc kho ảnh cần được sửa.",
                en="Empty is good. The same policy in many places: perhaps it, or the list of registries, should change.",
            ),
            kind="table",
            width=8,
            queries=(Query(expression=f"topk(20, {_EXCEPTIONS})"),),
            labels=("organisation", "policy"),
            healthy_is_empty=True,
            below="department",
        ),
        Panel(
            id="exceptions-end",
            title=Words(vi="Ngoại lệ nào hết trước", en="Which exceptions end first"),
            description=Words(
                vi="Trống là không có ngoại lệ. Số ngày còn lại theo cơ quan; hết ngày thì chính sách lại áp dụng.",
                en="Empty where there are none. Days that are left, by organisation; then the policy holds again.",
            ),
            kind="table",
            unit="days",
            width=8,
            queries=(
                Query(
                    expression=f"bottomk(10, {days_until('citycloud_policy_exception_next_expiry_timestamp_seconds', by='organisation')})"
                ),
            ),
            labels=("organisation",),
            alerts=("PolicyExceptionExpiringSoon",),
            healthy_is_empty=True,
        ),
        Panel(
            id="exceptions-wait",
            title=Words(vi="Đề nghị ngoại lệ chờ lâu nhất", en="Exceptions that wait for an officer"),
            description=Words(
                vi="Trống là không có gì chờ. Cán bộ an toàn quyết định bằng «citycloud approve» hoặc «citycloud refuse --exception».",
                en="Empty where none waits. A security officer decides with `citycloud approve` or `refuse --exception`.",
            ),
            kind="table",
            unit="seconds",
            width=8,
            queries=(Query(expression=f"topk(10, time() - {_WAITING})"),),
            labels=("organisation",),
            alerts=("PolicyExceptionWaitingTooLong",),
            healthy_is_empty=True,
        ),
        Panel(
            id="refusals",
            title=Words(vi="Chính sách từ chối (mỗi giây)", en="Refusals by policy (a second)"),
            description=Words(
                vi="Trống là không ai bị từ chối. Một chính sách tăng vọt: triển khai sai, có người đang thử, hoặc chính sách bị lỗi.",
                en="Empty where nobody was refused. Where one policy stands out: a wrong rollout, somebody tries, or the policy is broken.",
            ),
            kind="timeseries",
            unit="per-second",
            width=12,
            queries=(Query(expression=f"topk(10, {REFUSED} > 0)", legend="{{policy}}"),),
            labels=("policy",),
            healthy_is_empty=True,
        ),
        Panel(
            id="broken-policies",
            title=Words(vi="Chính sách có điều kiện không tính được (mỗi giây)", en="Policies with a broken condition (a second)"),
            description=Words(
                vi="Trống là tốt. Chính sách của citycloud khi đó từ chối mọi thứ; chính sách của người khác có thể cho qua.",
                en="Empty is good. Policies of citycloud refuse everything then; those of others may let it pass.",
            ),
            kind="timeseries",
            unit="per-second",
            width=12,
            queries=(Query(expression=f"{BROKEN} > 0", legend="{{name}}"),),
            labels=("name",),
            healthy_is_empty=True,
            below="control-plane",
        ),
        Panel(
            id="drift",
            title=Words(vi="Sửa tay vào đối tượng được quản lý (mỗi giây)", en="Changes by hand to what is managed (a second)"),
            description=Words(
                vi="Trống là tốt. Mọi thay đổi đều được sửa lại; ai đã làm thì xem nhật ký kiểm toán.",
                en="Empty is good. Each change is put right; the audit log says whose it was.",
            ),
            kind="timeseries",
            unit="per-second",
            width=12,
            queries=(Query(expression=f"{rate('citycloud_drift_detected_total', by='kind')} > 0", legend="{{kind}}"),),
            labels=("kind",),
            healthy_is_empty=True,
            below="control-plane",
        ),
        Panel(
            id="ledger",
            title=Words(vi="Sổ cái theo thời gian", en="The ledger over time"),
            description=Words(vi="Đường này không bao giờ đi xuống.", en="This line never falls."),
            kind="timeseries",
            width=12,
            queries=(Query(expression=or_zero("sum", of=_LEDGER)),),
        ),
        Panel(
            id="open-places",
            title=Words(vi="Môi trường chưa cô lập mạng", en="Environments that are not isolated"),
            description=Words(
                vi="Trống là tốt. Có dòng nào thì xem «citycloud why CƠ-QUAN/MÔI-TRƯỜNG» trước khi cho chạy tiếp.",
                en="Empty is good. For each line ask `citycloud why ORG/ENV` before anything more runs there.",
            ),
            kind="table",
            width=12,
            queries=(Query(expression=f"topk(20, {_OPEN})"),),
            labels=("organisation", "environment"),
            alerts=("IsolationNotApplied",),
            healthy_is_empty=True,
            below="department",
        ),
        Panel(
            id="alerts",
            title=Words(vi="Cảnh báo cho cán bộ an toàn", en="Alerts for the security officers"),
            description=Words(
                vi="Trống là tốt. Mỗi cảnh báo có một trang hướng dẫn.",
                en="Empty is good. Each alert has a page that says what to do.",
            ),
            kind="table",
            width=12,
            queries=(
                Query(expression='max by (alertname, severity, organisation) (ALERTS{alertstate="firing", audience=~".*security.*"})'),
            ),
            labels=("organisation", "alertname", "severity"),
            healthy_is_empty=True,
        ),
    ),
)
