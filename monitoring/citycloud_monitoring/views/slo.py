"""For the platform team and whoever it answers to: what is promised, what is left of the budgets, and how fast they burn."""

from typing import Final

from citycloud_monitoring import objectives
from citycloud_monitoring.catalogue import Words
from citycloud_monitoring.objectives import WINDOW, budget_left, kept
from citycloud_monitoring.panels import Bound, Panel, Query, View
from citycloud_monitoring.views.admission import CREATIONS, DURATION, VALIDATED

_DEADLINES: Final = "citycloud_environment_ready_deadline_total"
_RUNS: Final = "citycloud_handler_runs_total"
_FAILED_RUNS: Final = f'{_RUNS}{{result=~"unexpected|terminal"}}'
_CREATED: Final = f"{VALIDATED}, {CREATIONS}"
_PROVISIONED: Final = kept(good=f'{_DEADLINES}{{result="met"}}', all_=_DEADLINES)
_MENDED: Final = kept(good='citycloud_drift_correction_seconds_bucket{le="300.0"}', all_="citycloud_drift_correction_seconds_count")
_RECONCILED: Final = kept(good=f'{_RUNS}{{result!~"unexpected|terminal"}}', all_=_RUNS)
_ANSWERED: Final = kept(good=f'{DURATION}_bucket{{{_CREATED}, le=~"1|1.0"}}', all_=f"{DURATION}_count{{{_CREATED}}}")
_DECIDED: Final = kept(good='citycloud_request_decision_seconds_bucket{le="172800.0"}', all_="citycloud_request_decision_seconds_count")
_CANARY: Final = kept(good='citycloud_canary_runs_total{result="passed"}', all_="citycloud_canary_runs_total")


def _promise(*, id_: str, title: Words, description: Words, share: str, objective: float) -> Panel:
    return Panel(
        id=id_,
        title=title,
        description=description,
        kind="stat",
        unit="ratio",
        width=4,
        queries=(Query(expression=share),),
        bound=Bound(worse="below", value=objective),
    )


def _budget(*, id_: str, title: Words, share: str, objective: float) -> Panel:
    return Panel(
        id=id_,
        title=title,
        description=Words(
            vi="100 % là chưa dùng gì; 0 % là hết: lúc đó ưu tiên độ ổn định, hoãn thay đổi; số âm là lời hứa đã bị phá.",
            en="100 % is untouched. At 0 % put reliability first and changes off; below 0 the promise is broken.",
        ),
        kind="stat",
        unit="ratio",
        width=6,
        queries=(Query(expression=budget_left(share=share, objective=objective)),),
        bound=Bound(worse="below", value=0),
    )


VIEW: Final = View(
    name="slo",
    title=Words(vi="Lời hứa và ngân sách lỗi", en="Promises and budgets of failure"),
    description=Words(
        vi="Mọi tỷ lệ tính trên 28 ngày. Không có số khi trong 28 ngày không có gì xảy ra.",
        en="All shares are over 28 days. There is no number where nothing happened in them.",
    ),
    audience="platform",
    span="24h",
    panels=(
        _promise(
            id_="provisioning",
            title=Words(vi="Cấp trong 120 giây (99 %)", en="Provided in 120 s (99 %)"),
            description=Words(
                vi="Môi trường đã duyệt sẵn sàng trong 120 giây. Cái không bao giờ sẵn sàng cũng được tính là trễ.",
                en="Approved environments that were Ready within 120 seconds. One that never is counts as late too.",
            ),
            share=_PROVISIONED,
            objective=objectives.PROVISIONING,
        ),
        _promise(
            id_="convergence",
            title=Words(vi="Sửa sai lệch trong 5 phút (99 %)", en="Mended in 5 min (99 %)"),
            description=Words(
                vi="Sai lệch được sửa trong năm phút. Cái chưa sửa xong không nằm ở đây: xem «Sai lệch chưa sửa».",
                en="Differences mended within five minutes. What is not mended yet is not in here: see the operator's page.",
            ),
            share=_MENDED,
            objective=objectives.CONVERGENCE,
        ),
        _promise(
            id_="reconcile",
            title=Words(vi="Xử lý không lỗi (99,5 %)", en="Reconciles (99.5 %)"),
            description=Words(
                vi="Lần xử lý không sập và không gặp lỗi vĩnh viễn. Thử lại sau lỗi tạm thời không bị tính.",
                en="Reconciles that neither crash nor meet an error that will not pass. Trying again after a passing one does not count.",
            ),
            share=_RECONCILED,
            objective=objectives.RECONCILE,
        ),
        _promise(
            id_="admission",
            title=Words(vi="Chính sách trả lời trong 1 giây (99,9 %)", en="Policies in 1 s (99.9 %)"),
            description=Words(
                vi="Lần tạo mà mọi chính sách cộng lại trả lời trong một giây, đo ở máy chủ API.",
                en="Creations that all policies together answer within a second, measured in the API server.",
            ),
            share=_ANSWERED,
            objective=objectives.ADMISSION,
        ),
        _promise(
            id_="decision",
            title=Words(vi="Quyết định trong 2 ngày (95 %)", en="Decided in 2 days (95 %)"),
            description=Words(
                vi="Tính theo ngày lịch, cả cuối tuần: yêu cầu gửi chiều thứ sáu thì thứ hai đã quá hạn.",
                en="Calendar days, weekends included: what is asked on Friday afternoon is late on Monday.",
            ),
            share=_DECIDED,
            objective=objectives.DECISION,
        ),
        _promise(
            id_="reachable",
            title=Words(vi="Điểm liên lạc được (99,5 %)", en="Sites reachable (99.5 %)"),
            description=Words(
                vi="Lần đo được trả lời trên mạng diện rộng. Không có số khi thành phố chưa đo mạng.",
                en="Probes of the wide area network that were answered. No number where the city does not measure it.",
            ),
            share=f"avg(max by (site) (avg_over_time(probe_success[{WINDOW}])))",
            objective=objectives.REACHABLE,
        ),
        _budget(
            id_="provisioning-budget",
            title=Words(vi="Cấp: ngân sách còn", en="Provisioning: budget left"),
            share=_PROVISIONED,
            objective=objectives.PROVISIONING,
        ),
        _budget(
            id_="convergence-budget",
            title=Words(vi="Sai lệch: ngân sách còn", en="Differences: budget left"),
            share=_MENDED,
            objective=objectives.CONVERGENCE,
        ),
        _budget(
            id_="reconcile-budget",
            title=Words(vi="Xử lý: ngân sách còn", en="Reconciles: budget left"),
            share=_RECONCILED,
            objective=objectives.RECONCILE,
        ),
        _budget(
            id_="admission-budget",
            title=Words(vi="Chính sách: ngân sách còn", en="Policies: budget left"),
            share=_ANSWERED,
            objective=objectives.ADMISSION,
        ),
        Panel(
            id="provisioning-burn",
            title=Words(vi="Cấp trễ theo cửa sổ thời gian", en="Provided late, by window"),
            description=Words(
                vi="1 % là vừa hết ngân sách sau 28 ngày; 14,4 % là hết trong hai ngày. Hai cửa sổ cùng cao thì mới gọi người.",
                en="At 1 % the budget lasts exactly 28 days, at 14.4 % two days. Somebody is called where two windows are high.",
            ),
            kind="timeseries",
            unit="ratio",
            width=12,
            queries=tuple(
                Query(expression=f"city:citycloud_environment_ready_missed:ratio_rate{window}", legend=window)
                for window in ("30m", "1h", "6h", "3d")
            ),
            alerts=("ProvisioningBurnsFast", "ProvisioningBurnsSlowly"),
            bound="alert",
            below="fleet",
        ),
        Panel(
            id="reconcile-burn",
            title=Words(vi="Xử lý thất bại theo cửa sổ thời gian", en="Failed reconciles, by window"),
            description=Words(
                vi="0,5 % là vừa hết ngân sách sau 28 ngày. Tăng ngay sau khi nâng cấp: quay lại phiên bản trước.",
                en="At 0.5 % the budget lasts exactly 28 days. Where it rises right after an upgrade, go back to the version before.",
            ),
            kind="timeseries",
            unit="ratio",
            width=12,
            queries=tuple(
                Query(expression=f"city:citycloud_handler_runs_failed:ratio_rate{window} or 0 * {_RECONCILED}", legend=window)
                for window in ("5m", "1h", "6h", "3d")
            ),
            alerts=("ReconcileBurnsFast", "ReconcileBurnsSlowly"),
            bound="alert",
            below="control-plane",
        ),
        Panel(
            id="mending-time",
            title=Words(vi="Thời gian sửa sai lệch (p95, một ngày)", en="Time to mend a difference (p95 over a day)"),
            description=Words(
                vi="Bình thường dưới năm giây; trống là không ai sửa tay. Trên năm phút là không giữ lời.",
                en="Normally below five seconds; empty where nobody changed anything. Above five minutes the promise is not kept.",
            ),
            kind="timeseries",
            unit="seconds",
            width=12,
            queries=(
                Query(
                    expression="histogram_quantile(0.95, sum by (le) (rate(citycloud_drift_correction_seconds_bucket[1d]))) >= 0",
                    legend="p95",
                ),
            ),
            alerts=("DriftBurnsSlowly",),
            bound=Bound(worse="above", value=300),
            healthy_is_empty=True,
            below="control-plane",
        ),
        Panel(
            id="providing-time",
            title=Words(vi="Thời gian cấp (p95, 28 ngày)", en="Time to provide (p95 over 28 days)"),
            description=Words(
                vi="Từ lúc tạo đến khi Ready lần đầu, kể cả thời gian chờ quyết định.",
                en="From creation to first Ready, time spent waiting for a decision included.",
            ),
            kind="timeseries",
            unit="seconds",
            width=12,
            queries=(Query(expression="city:citycloud_environment_ready:p95_28d >= 0", legend="p95"),),
            below="fleet",
        ),
        Panel(
            id="missed",
            title=Words(vi="Cấp trễ trong 28 ngày", en="Provided late in 28 days"),
            description=Words(
                vi="Số môi trường đã duyệt không sẵn sàng đúng hẹn. Hãy xem từng cái: nhật ký có tên.",
                en="Approved environments that were not Ready in time. Look at each: the log names them.",
            ),
            kind="stat",
            width=8,
            queries=(Query(expression=f'round(sum(increase({_DEADLINES}{{result="missed"}}[{WINDOW}])))'),),
            below="fleet",
        ),
        Panel(
            id="mended",
            title=Words(vi="Sai lệch đã sửa trong 28 ngày", en="Differences mended in 28 days"),
            description=Words(
                vi="Nhiều không có nghĩa là tốt: ai đó đang sửa tay. Ai thì xem nhật ký kiểm toán.",
                en="Many is not good: somebody changes things by hand. The audit log says who.",
            ),
            kind="stat",
            width=8,
            queries=(Query(expression=f"round(sum(increase(citycloud_drift_correction_seconds_count[{WINDOW}])))"),),
            below="security",
        ),
        Panel(
            id="canary",
            title=Words(vi="Môi trường thử thành công trong 28 ngày", en="Canaries that passed in 28 days"),
            description=Words(
                vi="96 lần thử một ngày, để lời hứa có nghĩa cả khi không ai yêu cầu gì. Không có số khi đã tắt.",
                en="96 trials a day, so that the promise means something while nobody asks. No number where it is switched off.",
            ),
            kind="stat",
            unit="ratio",
            width=8,
            queries=(Query(expression=_CANARY),),
            alerts=("CanaryEnvironmentFailing", "CanaryDown"),
            bound=Bound(worse="below", value=objectives.PROVISIONING),
            below="control-plane",
        ),
    ),
)
