"""For the platform team: the operator's own health: symptoms first, then how fast, how wrong and how slow it is, then what it needs."""

from typing import Final

from citycloud_monitoring.catalogue import Words
from citycloud_monitoring.panels import Bound, Panel, Query, View
from citycloud_monitoring.views.admission import CREATIONS, DURATION, NOT_EVALUATED, VALIDATED
from citycloud_monitoring.views.rates import quantiles, rate, share

_JOB: Final = 'job="citycloud-operator"'
_RUNS: Final = "citycloud_handler_runs_total"
_ASKED: Final = "citycloud_kube_requests_total"

VIEW: Final = View(
    name="control-plane",
    title=Words(vi="Bộ điều hành citycloud", en="The operator of citycloud"),
    description=Words(
        vi="Hàng đầu trả lời: có ai đang làm việc không, có kịp không. Các hàng sau: làm gì, sai bao nhiêu, chậm bao nhiêu, cần gì.",
        en="The first row answers: is anybody at work, and does it keep up. Below: what it does, how often that fails, how long it takes.",
    ),
    audience="platform",
    span="6h",
    panels=(
        Panel(
            id="operators",
            title=Words(vi="Bộ điều hành đang trả lời", en="Operators that answer"),
            description=Words(
                vi="Bình thường là số bản sao (2). Bằng 0 thì yêu cầu mới phải chờ; môi trường đang chạy vẫn chạy.",
                en="Normally the number of replicas (2). At 0 new requests wait; what runs goes on running.",
            ),
            kind="stat",
            width=4,
            queries=(Query(expression=f"sum(up{{{_JOB}}})"),),
            alerts=("OperatorDown", "ReplicaDown", "MonitoringGap", "MonitoringNearLimit"),
            bound=Bound(worse="below", value=1),
        ),
        Panel(
            id="leaders",
            title=Words(vi="Đang dẫn đầu", en="Leaders"),
            description=Words(
                vi="Luôn là 1. Bằng 0 quá vài phút thì không ai xử lý; bằng 2 thì xem đồng hồ của các nút và lease.",
                en="Always 1. At 0 for minutes nobody works; at 2 look at the clocks of the nodes and at the lease.",
            ),
            kind="stat",
            width=4,
            queries=(Query(expression="sum(max by (instance) (citycloud_leader))"),),
            alerts=("NoLeader", "TwoLeaders"),
            bound="alert",
        ),
        Panel(
            id="canary",
            title=Words(vi="Môi trường thử thành công cách đây", en="Last success of the canary"),
            description=Words(
                vi="Cứ 15 phút một môi trường được tạo rồi xóa. Quá 45 phút là cả đường đi từ yêu cầu đến sẵn sàng có vấn đề.",
                en="An environment is made and removed every 15 minutes. After 45 the whole path from request to Ready is in doubt.",
            ),
            kind="stat",
            unit="seconds",
            width=4,
            queries=(Query(expression="time() - max(citycloud_canary_last_success_timestamp_seconds)"),),
            alerts=("CanaryEnvironmentFailing", "PermittedPodRefused"),
            bound="alert",
            below="slo",
        ),
        Panel(
            id="backlog",
            title=Words(vi="Chờ lâu nhất trong hàng đợi", en="Longest wait in the queue"),
            description=Words(
                vi="Bình thường dưới một giây. Tăng đều nghĩa là máy chủ API chậm, từ chối, hoặc một đối tượng cứ thất bại mãi.",
                en="Normally below a second. Where it grows, the API server is slow or refuses, or one object fails again and again.",
            ),
            kind="stat",
            unit="seconds",
            width=3,
            queries=(Query(expression="max(citycloud_oldest_unhandled_seconds)"),),
            alerts=("ReconcileBacklogOld", "ReconcileBacklogVeryOld"),
            bound="alert",
        ),
        Panel(
            id="drift-open",
            title=Words(vi="Sai lệch chưa sửa", en="Differences not mended"),
            description=Words(
                vi="Bình thường là 0: sai lệch được sửa trong vài giây. Lớn hơn 0 lâu thì có ai đó cấm hoặc sửa lại liên tục.",
                en="Normally 0: a difference is mended within seconds. Where it stays, something forbids that or changes it back.",
            ),
            kind="stat",
            width=3,
            queries=(Query(expression="max(citycloud_drift_open)"),),
            alerts=("DriftNotCorrected",),
            bound="alert",
        ),
        Panel(
            id="settled",
            title=Words(vi="Đã làm xong sau khởi động", en="Caught up after its start"),
            description=Words(
                vi="1 là xong. Sau khi khởi động lại, 2.000 môi trường cần vài phút; quá 30 phút thì xem nhật ký.",
                en="1 is done. After a start 2,000 environments take minutes; after half an hour read its log.",
            ),
            kind="stat",
            width=3,
            queries=(Query(expression="min(citycloud_settled and citycloud_leader == 1)"),),
            alerts=("OperatorNotSettled",),
            bound="alert",
        ),
        Panel(
            id="clock",
            title=Words(vi="Đồng hồ đã nhảy", en="The clock jumped"),
            description=Words(
                vi="0 là bình thường. 1: đồng hồ đã nhảy hơn một ngày, không gì hết hạn cho đến khi có người xác nhận.",
                en="0 is normal. 1: the clock jumped by more than a day, and nothing expires until somebody confirms it.",
            ),
            kind="stat",
            width=3,
            queries=(Query(expression="max(citycloud_clock_jumped)"),),
            alerts=("ClockJumped",),
            bound="alert",
        ),
        Panel(
            id="runs",
            title=Words(vi="Số lần xử lý mỗi giây", en="Reconciles a second"),
            description=Words(
                vi="Theo loại đối tượng. Cao mãi khi không ai yêu cầu gì: một vòng lặp nóng.",
                en="By kind. Where it stays high although nobody asks for anything, something goes round in circles.",
            ),
            kind="timeseries",
            unit="per-second",
            width=8,
            queries=(Query(expression=rate(_RUNS, by="resource"), legend="{{resource}}"),),
            labels=("resource",),
        ),
        Panel(
            id="run-failures",
            title=Words(vi="Tỷ lệ xử lý thất bại", en="Share of reconciles that fail"),
            description=Words(
                vi="Bình thường là 0. terminal: máy chủ API từ chối hẳn; unexpected: lỗi trong mã, nhật ký có reconcile_crashed.",
                en="Normally 0. terminal: the API server refuses for good; unexpected: a fault in the code, the log has reconcile_crashed.",
            ),
            kind="timeseries",
            unit="ratio",
            width=8,
            queries=tuple(
                Query(expression=share(_RUNS, f'result="{result}"'), legend=result) for result in ("retry", "terminal", "unexpected")
            ),
            alerts=("HandlerPermanentErrors",),
        ),
        Panel(
            id="run-duration",
            title=Words(vi="Thời gian một lần xử lý", en="Duration of a reconcile"),
            description=Words(
                vi="Bình thường p99 dưới một giây. Chậm đều là máy chủ API chậm: so với hàng dưới.",
                en="Normally p99 is below a second. Where all of it slows down, so does the API server: compare the row below.",
            ),
            kind="timeseries",
            unit="seconds",
            width=8,
            queries=quantiles("citycloud_handler_duration_seconds"),
        ),
        Panel(
            id="requests",
            title=Words(vi="Yêu cầu tới máy chủ API mỗi giây", en="Requests to the API server a second"),
            description=Words(
                vi="Theo nhóm mã trả lời; 429 là bị yêu cầu chờ, none là không có trả lời.",
                en="By class of answer; 429 is to be asked for patience, none is no answer at all.",
            ),
            kind="timeseries",
            unit="per-second",
            width=8,
            queries=(Query(expression=rate(_ASKED, by="code_class"), legend="{{code_class}}"),),
            labels=("code_class",),
        ),
        Panel(
            id="request-failures",
            title=Words(vi="Tỷ lệ yêu cầu bị chặn hoặc lỗi", en="Share of requests held back or failed"),
            description=Words(
                vi="Bình thường là 0. Bị yêu cầu chờ (429): xem luồng ưu tiên của máy chủ API; 5xx và none: xem chính máy chủ và etcd.",
                en="Normally 0. Held back (429): see the API server's flow control; 5xx and none: see the server itself and etcd.",
            ),
            kind="timeseries",
            unit="ratio",
            width=8,
            queries=(
                Query(expression=share(_ASKED, 'code_class="429"'), legend="429"),
                Query(expression=share(_ASKED, 'code_class=~"5xx|none"'), legend=Words(vi="5xx, không trả lời", en="5xx, no answer")),
            ),
            alerts=("KubeAPIThrottled", "KubeAPIFailing"),
            bound="alert",
        ),
        Panel(
            id="request-duration",
            title=Words(vi="Thời gian một yêu cầu", en="Duration of a request"),
            description=Words(
                vi="Bình thường p99 dưới 0,5 giây. Mọi lệnh đều chậm: etcd hoặc đĩa của nó.",
                en="Normally p99 is below half a second. Where all of it is slow, look at etcd and its disk.",
            ),
            kind="timeseries",
            unit="seconds",
            width=8,
            queries=quantiles("citycloud_kube_request_duration_seconds"),
        ),
        Panel(
            id="admission-duration",
            title=Words(vi="Chính sách làm chậm mỗi lần tạo bao lâu", en="What the policies add to a creation"),
            description=Words(
                vi="Đo ở máy chủ API, mọi chính sách cộng lại. Bình thường p99 vài mili giây; trên một giây thì mọi cơ quan đều thấy.",
                en="Measured in the API server, all policies together. Normally p99 is milliseconds; above a second everybody notices.",
            ),
            kind="timeseries",
            unit="seconds",
            width=12,
            queries=quantiles(DURATION, VALIDATED, CREATIONS),
            alerts=("AdmissionSlow",),
            bound="alert",
        ),
        Panel(
            id="admission-failures",
            title=Words(vi="Tỷ lệ lần tạo gặp chính sách không tính được", en="Share of creations that meet a broken policy"),
            description=Words(
                vi="Bình thường là 0. Chỉ thấy lỗi ở điều kiện và ở phần sửa: Kubernetes không đếm riêng phép kiểm tra bị lỗi.",
                en="Normally 0. Sees broken conditions and changes only: Kubernetes does not count a broken check apart from a refusal.",
            ),
            kind="timeseries",
            unit="ratio",
            width=12,
            queries=(Query(expression=NOT_EVALUATED),),
            alerts=("AdmissionFailing",),
            bound="alert",
        ),
        Panel(
            id="drift",
            title=Words(vi="Ai đó sửa tay (mỗi giây)", en="Changes by hand (a second)"),
            description=Words(
                vi="Trống là tốt. Đều đặn nghĩa là hai bộ điều khiển giành nhau một đối tượng.",
                en="Empty is good. Where it goes on evenly, two controllers fight over one object.",
            ),
            kind="timeseries",
            unit="per-second",
            width=8,
            queries=(Query(expression=rate("citycloud_drift_detected_total", by="kind"), legend="{{kind}}"),),
            labels=("kind",),
            alerts=("DriftStorm",),
            healthy_is_empty=True,
        ),
        Panel(
            id="restarts",
            title=Words(vi="Số lần khởi động lại trong một giờ", en="Restarts within an hour"),
            description=Words(
                vi="Bình thường là 0. Cứ khởi động lại mãi: hết bộ nhớ, hoặc mất lease vì máy chủ API không trả lời.",
                en="Normally 0. Again and again: out of memory, or it loses the lease because the API server does not answer.",
            ),
            kind="timeseries",
            width=8,
            queries=(Query(expression=f"sum(changes(process_start_time_seconds{{{_JOB}}}[1h]))"),),
            alerts=("OperatorRestarting",),
        ),
        Panel(
            id="events",
            title=Words(vi="Sự kiện (mỗi giây)", en="Events (a second)"),
            description=Words(
                vi="dropped và failed: có tin mà «kubectl describe» không thấy. Trạng thái của đối tượng vẫn đúng.",
                en="dropped and failed: news that `kubectl describe` does not show. The status of each object is right all the same.",
            ),
            kind="timeseries",
            unit="per-second",
            width=8,
            queries=(Query(expression=rate("citycloud_events_total", by="result"), legend="{{result}}"),),
            labels=("result",),
            alerts=("EventsDropped",),
        ),
        Panel(
            id="memory",
            title=Words(vi="Bộ nhớ", en="Memory"),
            description=Words(
                vi="Bình thường dưới một nửa giới hạn của pod. Tăng mãi không giảm là rò rỉ.",
                en="Normally below half of the pod's limit. Where it only ever grows, it leaks.",
            ),
            kind="timeseries",
            unit="bytes",
            width=12,
            queries=(Query(expression=f"max by (instance) (process_resident_memory_bytes{{{_JOB}}})", legend="{{instance}}"),),
            labels=("instance",),
        ),
        Panel(
            id="processor",
            title=Words(vi="Bộ xử lý (lõi)", en="Processor (cores)"),
            description=Words(
                vi="Gần một lõi thì hàng đợi bắt đầu dài: bộ điều hành chạy trong một tiến trình.",
                en="Near one core the queue grows: the operator is one process.",
            ),
            kind="timeseries",
            unit="cores",
            width=12,
            queries=(
                Query(expression=f"sum by (instance) (rate(process_cpu_seconds_total{{{_JOB}}}[$__rate_interval]))", legend="{{instance}}"),
            ),
            labels=("instance",),
        ),
    ),
)
