"""For the network team: sites of the wide area network, as a blackbox exporter measures them from the data centre.

citycloud has no prober of its own: this view needs one whose targets carry the labels site, organisation, tier and carrier (external.yaml).
A site with two links has two targets; it is up while one of them answers.
"""

from typing import Final

from citycloud_monitoring.catalogue import Words
from citycloud_monitoring.objectives import REACHABLE, WINDOW
from citycloud_monitoring.panels import Bound, Panel, Query, Variable, View

_UP: Final = "max by (site, tier, organisation) (probe_success)"
_TIME: Final = "probe_duration_seconds"
_CHOSEN: Final = 'site=~"$site"'
_ANSWERED: Final = f"{_TIME} and probe_success == 1"

VIEW: Final = View(
    name="wan",
    title=Words(vi="Mạng diện rộng và các điểm", en="Wide area network and sites"),
    description=Words(
        vi="Điểm nào liên lạc được, đường nào chậm, nhà mạng nào tốt hơn. Cần một blackbox exporter: citycloud không tự đo mạng.",
        en="Which sites can be reached, which links are slow, which carrier is better. Needs a blackbox exporter of the city.",
    ),
    audience="network",
    span="24h",
    variables=(Variable(name="site", title=Words(vi="Điểm", en="Site"), metric="probe_success"),),
    panels=(
        Panel(
            id="sites",
            title=Words(vi="Điểm được đo", en="Sites that are measured"),
            description=Words(
                vi="Phải bằng số điểm của thành phố. Ít hơn là có điểm không ai đo.",
                en="Has to equal the city's sites. Fewer means that nobody measures some of them.",
            ),
            kind="stat",
            width=6,
            queries=(Query(expression="count(max by (site) (probe_success))"),),
        ),
        Panel(
            id="reachable",
            title=Words(vi="Liên lạc được", en="Reachable"),
            description=Words(
                vi="Điểm còn ít nhất một đường. Giảm nhiều cùng lúc là nhà mạng hoặc điện, không phải từng điểm.",
                en="Sites with at least one link. Many at once: a carrier or the power, not the sites.",
            ),
            kind="stat",
            unit="ratio",
            width=6,
            queries=(Query(expression=f"avg({_UP})"),),
            alerts=("ManySitesDown",),
            bound=Bound(worse="below", value=0.9),
        ),
        Panel(
            id="down",
            title=Words(vi="Không liên lạc được", en="Unreachable"),
            description=Words(
                vi="Bình thường là 0. Mọi đường của điểm đều hỏng; bảng bên dưới nói điểm nào.",
                en="Normally 0. All links of a site fail; the table below says which.",
            ),
            kind="stat",
            width=6,
            queries=(Query(expression=f"count({_UP} == 0) or 0 * count(probe_success)"),),
            alerts=("SiteDown",),
            bound=Bound(worse="above", value=1),
        ),
        Panel(
            id="cut-off",
            title=Words(vi="Cơ quan mất liên lạc hoàn toàn", en="Organisations that are cut off"),
            description=Words(
                vi="Bình thường là 0. Không điểm nào của cơ quan còn liên lạc được: người dân ở đó không được phục vụ.",
                en="Normally 0. No site of the organisation can be reached: nobody is served there.",
            ),
            kind="stat",
            width=6,
            queries=(Query(expression="count(max by (organisation) (probe_success) == 0) or 0 * count(probe_success)"),),
            bound=Bound(worse="above", value=1),
            below="department",
        ),
        Panel(
            id="by-tier",
            title=Words(vi="Liên lạc được theo tầng", en="Reachable, by tier"),
            description=Words(
                vi="Tầng trên mang nhiều điểm bên dưới: tầng trên thiếu thì xem trước.",
                en="Upper tiers carry those below them: where one is not full, begin there.",
            ),
            kind="bar",
            unit="ratio",
            width=12,
            queries=(Query(expression=f"avg by (tier) ({_UP})", legend="{{tier}}"),),
            labels=("tier",),
        ),
        Panel(
            id="by-carrier",
            title=Words(vi="Nhà mạng trong một ngày", en="Carriers over one day"),
            description=Words(
                vi="Tỷ lệ lần đo thành công của mỗi nhà mạng. Đặt cạnh hợp đồng.",
                en="The share of probes that each carrier answered. Put it beside the contract.",
            ),
            kind="bar",
            unit="ratio",
            width=12,
            queries=(Query(expression="avg by (carrier) (avg_over_time(probe_success[1d]))", legend="{{carrier}}"),),
            labels=("carrier",),
        ),
        Panel(
            id="worst",
            title=Words(vi="Mười điểm kém ổn định nhất trong một ngày", en="The ten least reliable sites over one day"),
            description=Words(
                vi="Tỷ lệ lần đo thành công trên đường tốt nhất của điểm. 100 % ở dòng đầu là mọi điểm đều tốt.",
                en="The share of probes answered on the best link of a site. 100 % in the first line: all of them are well.",
            ),
            kind="table",
            unit="ratio",
            width=12,
            queries=(Query(expression="bottomk(10, max by (site, organisation) (avg_over_time(probe_success[1d])))"),),
            labels=("site", "organisation"),
        ),
        Panel(
            id="slowest",
            title=Words(vi="Mười điểm chậm nhất trong một giờ", en="The ten slowest sites over an hour"),
            description=Words(
                vi="95 % lần đo nhanh hơn số này, trên đường nhanh nhất của điểm. Trên 0,2 giây thì họp trực tuyến bị giật.",
                en="95 % of probes were faster, on the fastest link of a site. Above 0.2 seconds conferences stutter.",
            ),
            kind="table",
            unit="seconds",
            width=12,
            queries=(Query(expression=f"topk(10, min by (site, organisation) (quantile_over_time(0.95, {_TIME}[1h])))"),),
            labels=("site", "organisation"),
        ),
        Panel(
            id="latency",
            title=Words(vi="Độ trễ của thành phố", en="Latency of the city"),
            description=Words(
                vi="Trên mọi đường đang trả lời. p95 tăng một mình: vài điểm; p50 cũng tăng: trục chính.",
                en="Over all links that answer. Where only p95 rises, it is some sites; where p50 does too, the backbone.",
            ),
            kind="timeseries",
            unit="seconds",
            width=8,
            queries=(
                Query(expression=f"quantile(0.5, {_ANSWERED})", legend="p50"),
                Query(expression=f"quantile(0.95, {_ANSWERED})", legend="p95"),
            ),
        ),
        Panel(
            id="loss",
            title=Words(vi="Lần đo thất bại theo nhà mạng", en="Failed probes, by carrier"),
            description=Words(vi="Trung bình 15 phút. Dưới 1 % là bình thường.", en="Averaged over 15 minutes. Below 1 % is normal."),
            kind="timeseries",
            unit="ratio",
            width=8,
            queries=(Query(expression="1 - avg by (carrier) (avg_over_time(probe_success[15m]))", legend="{{carrier}}"),),
            labels=("carrier",),
            alerts=("SiteDegraded",),
        ),
        Panel(
            id="jitter",
            title=Words(vi="Dao động độ trễ theo nhà mạng", en="Jitter, by carrier"),
            description=Words(
                vi="Độ lệch chuẩn trong 15 phút. Cao mà độ trễ thấp: đường bị nghẽn từng lúc.",
                en="Standard deviation over 15 minutes. High with a low latency: the link is full at times.",
            ),
            kind="timeseries",
            unit="seconds",
            width=8,
            queries=(Query(expression=f"avg by (carrier) (stddev_over_time({_TIME}[15m]))", legend="{{carrier}}"),),
            labels=("carrier",),
        ),
        Panel(
            id="down-list",
            title=Words(vi="Điểm nào không liên lạc được", en="Which sites cannot be reached"),
            description=Words(
                vi="Trống là tốt. Gọi điểm bằng điện thoại trước khi gọi nhà mạng: mất điện là nguyên nhân thường gặp nhất.",
                en="Empty is good. Ring the site before the carrier: no power is the most common reason.",
            ),
            kind="table",
            width=12,
            queries=(Query(expression=f"topk(20, {_UP} == 0)"),),
            labels=("site", "tier", "organisation"),
            alerts=("SiteDown",),
            healthy_is_empty=True,
        ),
        Panel(
            id="promise",
            title=Words(vi="Liên lạc được trong 28 ngày theo tầng", en="Reachable over 28 days, by tier"),
            description=Words(
                vi="Lời hứa là 99,5 %: mỗi điểm được phép mất liên lạc khoảng ba giờ trong 28 ngày.",
                en="The promise is 99.5 %: a site may be out for some three hours in 28 days.",
            ),
            kind="bar",
            unit="ratio",
            width=12,
            queries=(Query(expression=f"avg by (tier) (avg_over_time(probe_success[{WINDOW}]))", legend="{{tier}}"),),
            labels=("tier",),
            bound=Bound(worse="below", value=REACHABLE),
            below="slo",
        ),
        Panel(
            id="chosen-up",
            title=Words(vi="Điểm đã chọn: liên lạc được", en="Chosen sites: reachable"),
            description=Words(
                vi="1 là được, 0 là không, theo từng đường. Chọn một điểm ở trên; để tất cả thì chỉ thấy mười đường kém nhất.",
                en="1 is yes, 0 is no, by link. Choose a site above; of all of them only the ten worst links are drawn.",
            ),
            kind="timeseries",
            width=12,
            queries=(
                Query(expression=f"bottomk(10, min by (site, carrier) (probe_success{{{_CHOSEN}}}))", legend="{{site}} ({{carrier}})"),
            ),
            labels=("site", "carrier"),
            alerts=("BackupLinkUnavailable", "SiteDegraded"),
        ),
        Panel(
            id="chosen-time",
            title=Words(vi="Điểm đã chọn: thời gian trả lời", en="Chosen sites: time to answer"),
            description=Words(
                vi="Theo từng đường. So hai đường của cùng một điểm để biết lỗi ở nhà mạng nào.",
                en="By link. Compare the two links of a site to see which carrier has the fault.",
            ),
            kind="timeseries",
            unit="seconds",
            width=12,
            queries=(Query(expression=f"topk(10, max by (site, carrier) ({_TIME}{{{_CHOSEN}}}))", legend="{{site}} ({{carrier}})"),),
            labels=("site", "carrier"),
        ),
    ),
)
