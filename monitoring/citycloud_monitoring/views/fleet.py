"""For the platform team: all environments of the city by state, and the worst of them by name; never a series for each."""

from typing import Final

from citycloud_monitoring.catalogue import Words
from citycloud_monitoring.panels import Bound, Panel, Query, View
from citycloud_monitoring.views.city import CONDITION, ENVIRONMENT, EXPIRY, READY, REQUEST, days_until, each, or_zero
from citycloud_monitoring.views.rates import quantiles

_ANY: Final = Bound(worse="above", value=1)
_CREATED: Final = "citycloud_environment_created_timestamp_seconds"
_INFO: Final = "citycloud_environment_info"
_PHASE: Final = "citycloud_environment_phase"
_RESTS: Final = each(_PHASE, 'phase=~"AwaitingDossier|AwaitingApproval|Refused|Suspended|Expired|Retired|Purged"', by=ENVIRONMENT)
_RUNS: Final = each(_PHASE, 'phase=~"Provisioning|Ready|Degraded"', by=ENVIRONMENT)
_NOT_READY: Final = f"{each(CONDITION, READY, by=ENVIRONMENT)} == 0 unless on ({ENVIRONMENT}) {_RESTS}"
_AGE: Final = f"time() - {each(_CREATED, by=ENVIRONMENT)} and on ({ENVIRONMENT}) ({_NOT_READY})"
_ENDED: Final = f"{days_until(EXPIRY, by=ENVIRONMENT)} < 0 and on ({ENVIRONMENT}) {_RUNS}"

VIEW: Final = View(
    name="fleet",
    title=Words(vi="Mọi môi trường của thành phố", en="All environments of the city"),
    description=Words(
        vi="Bao nhiêu, ở tình trạng nào, và những cái tệ nhất theo tên. Từng cơ quan một thì xem trang cơ quan.",
        en="How many, in which phase, and the worst by name. For one organisation see its own page.",
    ),
    audience="platform",
    span="6h",
    panels=(
        Panel(
            id="environments",
            title=Words(vi="Môi trường đã được cấp", en="Environments in place"),
            description=Words(
                vi="Có ít nhất một vùng trên cụm. Giảm đột ngột là chuyện lớn: xem nhật ký kiểm toán ai đã xóa.",
                en="Each holds at least one zone. A sudden fall is grave: see in the audit log who deleted them.",
            ),
            kind="stat",
            width=4,
            queries=(Query(expression=or_zero("count", of=each(_INFO, by=ENVIRONMENT))),),
            below="department",
        ),
        Panel(
            id="zones",
            title=Words(vi="Vùng (namespace)", en="Zones (namespaces)"),
            description=Words(
                vi="Mỗi vùng là một namespace với chính sách, hạn mức và quyền của nó.",
                en="Each zone is a namespace with its own policies, quota and rights.",
            ),
            kind="stat",
            width=4,
            queries=(Query(expression=or_zero("count", of=each(_INFO, by="target_namespace"))),),
        ),
        Panel(
            id="not-ready",
            title=Words(vi="Lẽ ra phải sẵn sàng", en="Not ready though they should be"),
            description=Words(
                vi="Không tính những cái đang chờ người hoặc tự tạm dừng. Bình thường là 0 hoặc vài cái đang được cấp.",
                en="Without those that wait for somebody or rest. Normally 0, or a few that are just being made.",
            ),
            kind="stat",
            width=4,
            queries=(Query(expression=or_zero("count", of=_NOT_READY)),),
            alerts=("EnvironmentsNotReadyMany",),
            bound=_ANY,
        ),
        Panel(
            id="stuck",
            title=Words(vi="Kẹt quá 15 phút", en="Stuck for more than 15 minutes"),
            description=Words(
                vi="Bình thường là 0. Bảng bên dưới nói cái nào; «citycloud why» nói vì sao.",
                en="Normally 0. The table below says which; `citycloud why` says why.",
            ),
            kind="stat",
            width=4,
            queries=(Query(expression=or_zero("count", of=f"({_AGE}) > 900")),),
            alerts=("EnvironmentStuckNotReady",),
            bound=_ANY,
        ),
        Panel(
            id="ended",
            title=Words(vi="Hết hạn mà vẫn chạy", en="Ended and still running"),
            description=Words(
                vi="Bình thường là 0: hết hạn thì dừng trong một phút. Lớn hơn 0 thì xem đồng hồ có nhảy không.",
                en="Normally 0: they stop within a minute. Otherwise see whether the clock jumped.",
            ),
            kind="stat",
            width=4,
            queries=(Query(expression=or_zero("count", of=_ENDED)),),
            alerts=("ExpiredStillRunning",),
            bound=_ANY,
            below="control-plane",
        ),
        Panel(
            id="orphans",
            title=Words(vi="Namespace không còn chủ", en="Namespaces without an owner"),
            description=Words(
                vi="Bình thường là 0. Môi trường đã biến mất nhưng namespace còn: dữ liệu được giữ cho đến khi có người quyết định.",
                en="Normally 0. The environment vanished, its namespaces did not: their data is kept until somebody decides.",
            ),
            kind="stat",
            width=4,
            queries=(Query(expression="max(citycloud_orphaned_namespaces)"),),
            alerts=("OrphanedNamespaces",),
            bound="alert",
        ),
        Panel(
            id="by-phase",
            title=Words(vi="Theo tình trạng", en="By phase"),
            description=Words(
                vi="Phần lớn phải là Ready. Nhiều Degraded cùng lúc là lỗi chung, không phải lỗi của từng cơ quan.",
                en="Most should be Ready. Many Degraded at once have one common cause.",
            ),
            kind="bar",
            width=8,
            queries=(Query(expression=f"count by (phase) ({each(_PHASE, by=f'{ENVIRONMENT}, phase')})", legend="{{phase}}"),),
            labels=("phase",),
        ),
        Panel(
            id="by-stage",
            title=Words(vi="Theo giai đoạn", en="By stage"),
            description=Words(
                vi="Từ sandbox đến production. Chỉ production và pilot phục vụ người dân.",
                en="From sandbox to production. Only production and pilot serve citizens.",
            ),
            kind="bar",
            width=8,
            queries=(Query(expression=f"count by (stage) ({each(_INFO, by=f'{ENVIRONMENT}, stage')})", legend="{{stage}}"),),
            labels=("stage",),
        ),
        Panel(
            id="by-level",
            title=Words(vi="Theo cấp độ an toàn", en="By security level"),
            description=Words(
                vi="Cấp độ do hồ sơ được phê duyệt quyết định, không do ai chọn.",
                en="The level follows from the approved dossier; nobody chooses it.",
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
            below="security",
        ),
        Panel(
            id="oldest",
            title=Words(vi="Năm môi trường chờ sẵn sàng lâu nhất", en="The five that have been not ready for longest"),
            description=Words(
                vi="Trống là tốt. Tính từ lúc tạo. Bắt đầu từ dòng đầu: «citycloud why CƠ-QUAN/MÔI-TRƯỜNG».",
                en="Empty is good. Counted from their creation. Begin with the first: `citycloud why ORG/ENV`.",
            ),
            kind="table",
            unit="seconds",
            width=12,
            queries=(Query(expression=f"topk(5, {_AGE})"),),
            labels=("organisation", "environment"),
            alerts=("EnvironmentStuckNotReady",),
            healthy_is_empty=True,
            below="department",
        ),
        Panel(
            id="ends",
            title=Words(vi="Mười môi trường hết hạn sớm nhất", en="The ten that end first"),
            description=Words(
                vi="Số ngày còn lại; số âm là đã hết hạn. Cơ quan gia hạn, nhóm vận hành chỉ nhắc.",
                en="Days that are left; below 0 it has ended. Their offices renew them; the platform team only reminds.",
            ),
            kind="table",
            unit="days",
            width=12,
            queries=(Query(expression=f"bottomk(10, {days_until(EXPIRY, by=ENVIRONMENT)})"),),
            labels=("organisation", "environment"),
            alerts=("EnvironmentExpiringSoon", "EnvironmentExpiringNow"),
            below="department",
        ),
        Panel(
            id="fullest",
            title=Words(vi="Mười ngân sách đầy nhất", en="The ten fullest budgets"),
            description=Words(
                vi="Trên 90 % thì cơ quan sắp không xin thêm được gì. Hỏi trước khi họ bị từ chối.",
                en="Above 90 % an office can soon ask for nothing more. Speak to it before it is refused.",
            ),
            kind="table",
            unit="ratio",
            width=12,
            queries=(Query(expression="topk(10, organisation_resource:citycloud_quota_allocated:ratio)"),),
            labels=("organisation", "resource"),
            alerts=("OrganisationQuotaNearlyFull", "OrganisationQuotaFull"),
            below="department",
        ),
        Panel(
            id="failing-conditions",
            title=Words(vi="Điều kiện chưa đạt", en="Conditions that do not hold"),
            description=Words(
                vi="Số môi trường chưa đạt từng điều kiện. Một điều kiện cao vọt: tìm nguyên nhân chung.",
                en="Environments that lack each condition. Where one stands out, look for one cause.",
            ),
            kind="bar",
            width=12,
            queries=(
                Query(expression=f"count by (condition) ({each(CONDITION, by=f'{ENVIRONMENT}, condition')} == 0)", legend="{{condition}}"),
            ),
            labels=("condition",),
        ),
        Panel(
            id="phases",
            title=Words(vi="Tình trạng theo thời gian", en="Phases over time"),
            description=Words(
                vi="Đường Provisioning phải tự đi xuống; Degraded đi lên cùng lúc với một thay đổi thì xem thay đổi đó.",
                en="The line of Provisioning falls by itself; where Degraded rises with a change, look at that change.",
            ),
            kind="timeseries",
            width=12,
            queries=(Query(expression=f"count by (phase) ({each(_PHASE, by=f'{ENVIRONMENT}, phase')})", legend="{{phase}}"),),
            labels=("phase",),
        ),
        Panel(
            id="time-to-ready",
            title=Words(vi="Thời gian cấp", en="Time to provide"),
            description=Words(
                vi="Từ lúc tạo đến khi Ready lần đầu. Lời hứa là 120 giây; phần chờ quyết định cũng nằm trong số này.",
                en="From creation to first Ready. The promise is 120 seconds; time spent waiting for a decision is in here too.",
            ),
            kind="timeseries",
            unit="seconds",
            width=12,
            queries=quantiles("citycloud_environment_ready_seconds"),
            below="slo",
        ),
        Panel(
            id="requests",
            title=Words(vi="Yêu cầu theo trạng thái", en="Requests by state"),
            description=Words(
                vi="pending là đang chờ người. Nhiều refused: mẫu yêu cầu hoặc ngân sách có chỗ chưa rõ.",
                en="pending waits for somebody. Many refused: the form or the budgets are not understood.",
            ),
            kind="bar",
            width=12,
            queries=(Query(expression=f"sum by (type, state) ({each('citycloud_requests', by=REQUEST)})", legend="{{type}}: {{state}}"),),
            labels=("type", "state"),
        ),
        Panel(
            id="worst-organisations",
            title=Words(vi="Cơ quan có nhiều môi trường trục trặc nhất", en="Organisations with most that are not ready"),
            description=Words(
                vi="Trống là tốt. Một cơ quan thì xem cơ quan đó; nhiều cơ quan thì xem bộ điều hành.",
                en="Empty is good. One organisation: look there. Many: look at the operator.",
            ),
            kind="table",
            width=12,
            queries=(Query(expression=f"topk(10, count by (organisation) ({_NOT_READY}))"),),
            labels=("organisation",),
            healthy_is_empty=True,
            below="department",
        ),
    ),
)
