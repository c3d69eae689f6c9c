"""For the city's leadership: one page without technical words, to be printed and laid on a table."""

from typing import Final

from citycloud_monitoring.catalogue import Words
from citycloud_monitoring.objectives import DECISION, PROVISIONING, kept
from citycloud_monitoring.panels import Bound, Panel, Query, View
from citycloud_monitoring.views.city import ENVIRONMENT, EXPIRY, PENDING, REQUEST, days_until, each, or_zero

VIEW: Final = View(
    name="leadership",
    title=Words(vi="Đám mây của thành phố: tình hình chung", en="The city's cloud at a glance"),
    description=Words(
        vi="Một trang cho lãnh đạo thành phố: ai đang dùng, chạy có tốt không, lời hứa có được giữ không, chi phí bao nhiêu.",
        en="One page for the city's leadership: who uses it, whether it runs well, whether promises are kept, what it costs.",
    ),
    audience="platform",
    span="30d",
    panels=(
        Panel(
            id="organisations",
            title=Words(vi="Cơ quan tham gia", en="Organisations"),
            description=Words(
                vi="Số cơ quan có chỗ trên đám mây của thành phố. Con số này tăng khi có cơ quan mới, giảm khi sáp nhập.",
                en="Organisations that have a place in the city's cloud. It grows when one joins and falls when some are merged.",
            ),
            kind="stat",
            width=6,
            queries=(Query(expression=f"count({each('citycloud_organisation_info', by='organisation')})"),),
            below="fleet",
        ),
        Panel(
            id="environments",
            title=Words(vi="Môi trường đã được cấp", en="Environments in place"),
            description=Words(
                vi="Số nơi chạy của các hệ thống thông tin: thử nghiệm, đào tạo và chính thức.",
                en="Places in which information systems run: for trials, for training and for real.",
            ),
            kind="stat",
            width=6,
            queries=(Query(expression=or_zero("sum", of="organisation:citycloud_environments:count")),),
            below="fleet",
        ),
        Panel(
            id="waiting",
            title=Words(vi="Yêu cầu đang chờ quyết định", en="Requests that wait for a decision"),
            description=Words(
                vi="Bình thường là vài yêu cầu, mỗi yêu cầu không quá hai ngày. Nếu nhiều hơn, hãy hỏi người phê duyệt vướng ở đâu.",
                en="A few are normal, none for longer than two days. If there are more, ask the approvers what holds them up.",
            ),
            kind="stat",
            width=6,
            queries=(Query(expression=or_zero("sum", of=each("citycloud_requests", PENDING, by=REQUEST))),),
            below="department",
        ),
        Panel(
            id="cost",
            title=Words(vi="Chi phí tháng này", en="Cost this month"),
            description=Words(
                vi="Phần đã cấp cho tất cả cơ quan, nhân với đơn giá một tháng của thành phố. Không có số khi thành phố chưa đặt đơn giá.",
                en="What all organisations were allotted, at the city's prices for a month. No number where the city has set no prices.",
            ),
            kind="stat",
            unit="money",
            width=6,
            queries=(Query(expression="sum by (currency) (organisation:citycloud_cost:month)", legend="{{currency}}"),),
            labels=("currency",),
        ),
        Panel(
            id="running-well",
            title=Words(vi="Tỷ lệ môi trường chạy tốt", en="Environments that run well"),
            description=Words(
                vi="Nên từ 95 % trở lên. Thấp hơn nghĩa là nhiều cơ quan cùng bị ảnh hưởng: nhóm vận hành đã được gọi.",
                en="Should be 95 % or more. Less means that many offices are affected at once; the platform team has been called.",
            ),
            kind="gauge",
            unit="ratio",
            width=8,
            queries=(Query(expression="city:citycloud_environments_ready:ratio", legend=Words(vi="chạy tốt", en="run well")),),
            bound=Bound(worse="below", value=0.95),
            below="fleet",
        ),
        Panel(
            id="provided-in-time",
            title=Words(vi="Cấp đúng hẹn (28 ngày)", en="Provided in time (28 days)"),
            description=Words(
                vi="Lời hứa: 99 % môi trường đã duyệt sẵn sàng trong hai phút. Không có số khi 28 ngày qua không cấp môi trường nào.",
                en="The promise: 99 % of approved environments are ready within two minutes. No number where none was provided in 28 days.",
            ),
            kind="gauge",
            unit="ratio",
            width=8,
            queries=(
                Query(
                    expression=kept(
                        good='citycloud_environment_ready_deadline_total{result="met"}',
                        all_="citycloud_environment_ready_deadline_total",
                    ),
                    legend=Words(vi="đúng hẹn", en="in time"),
                ),
            ),
            bound=Bound(worse="below", value=PROVISIONING),
            below="slo",
        ),
        Panel(
            id="decided-in-time",
            title=Words(vi="Quyết định trong hai ngày (28 ngày)", en="Decided within two days (28 days)"),
            description=Words(
                vi="Lời hứa với các cơ quan: 95 % yêu cầu được trả lời trong hai ngày, tính cả ngày nghỉ.",
                en="The promise to the offices: 95 % of requests are answered within two days, weekends included.",
            ),
            kind="gauge",
            unit="ratio",
            width=8,
            queries=(
                Query(
                    expression=kept(
                        good='citycloud_request_decision_seconds_bucket{le="172800.0"}', all_="citycloud_request_decision_seconds_count"
                    ),
                    legend=Words(vi="đúng hẹn", en="in time"),
                ),
            ),
            bound=Bound(worse="below", value=DECISION),
            below="slo",
        ),
        Panel(
            id="time-to-provide",
            title=Words(vi="Thời gian cấp (95 % nhanh hơn)", en="Time to provide (95 % are faster)"),
            description=Words(
                vi="Từ lúc yêu cầu được gửi đến lúc dùng được, không tính thời gian chờ quyết định của con người nếu có.",
                en="From asking to being able to work, for requests that need no human decision; the others wait for it on top.",
            ),
            kind="stat",
            unit="seconds",
            width=6,
            queries=(Query(expression="city:citycloud_environment_ready:p95_28d >= 0"),),
            below="slo",
        ),
        Panel(
            id="time-to-decide",
            title=Words(vi="Thời gian quyết định (một nửa nhanh hơn)", en="Time to decide (half are faster)"),
            description=Words(
                vi="Yêu cầu chờ người phê duyệt bao lâu trong 28 ngày qua.",
                en="How long requests waited for the approvers in the past 28 days.",
            ),
            kind="stat",
            unit="seconds",
            width=6,
            queries=(Query(expression="city:citycloud_request_decision:p50_28d >= 0"),),
            below="slo",
        ),
        Panel(
            id="expiring",
            title=Words(vi="Hết hạn trong 30 ngày", en="Expiring within 30 days"),
            description=Words(
                vi="Cơ quan phải gia hạn hoặc trả lại. Không ai làm gì thì môi trường sẽ dừng đúng ngày.",
                en="Their offices renew them or give them back; where nobody does anything, they stop on the day.",
            ),
            kind="stat",
            width=6,
            queries=(Query(expression=or_zero("count", of=f"{days_until(EXPIRY, by=ENVIRONMENT)} < 30")),),
            below="fleet",
        ),
        Panel(
            id="exceptions",
            title=Words(vi="Ngoại lệ an toàn đang có hiệu lực", en="Security exceptions in force"),
            description=Words(
                vi="Rủi ro mà cán bộ an toàn thông tin đã chấp nhận có thời hạn. Càng ít càng tốt.",
                en="Risks that a security officer has accepted for a time. The fewer the better.",
            ),
            kind="stat",
            width=6,
            queries=(Query(expression=or_zero("sum", of=each("citycloud_policy_exceptions", by="organisation, policy"))),),
            below="security",
        ),
        Panel(
            id="well-by-level",
            title=Words(vi="Chạy tốt theo cấp độ an toàn", en="Running well, by security level"),
            description=Words(
                vi="Cấp độ càng cao thì hệ thống càng quan trọng: những thanh dưới cùng phải luôn đầy.",
                en="The higher the level, the more depends on the system: the bars of high levels have to be full.",
            ),
            kind="bar",
            unit="ratio",
            width=12,
            queries=(
                Query(
                    expression="security_level:citycloud_environments_ready:ratio",
                    legend=Words(vi="Cấp độ {{security_level}}", en="Level {{security_level}}"),
                ),
            ),
            labels=("security_level",),
            below="security",
        ),
        Panel(
            id="largest",
            title=Words(vi="Mười cơ quan dùng nhiều nhất", en="The ten organisations with most environments"),
            description=Words(vi="Số môi trường đã cấp cho mỗi cơ quan.", en="Environments in place, by organisation."),
            kind="bar",
            width=12,
            queries=(Query(expression="topk(10, organisation:citycloud_environments:count)", legend="{{organisation}}"),),
            labels=("organisation",),
            below="department",
        ),
        Panel(
            id="cost-by-organisation",
            title=Words(vi="Mười cơ quan chi nhiều nhất trong tháng", en="The ten organisations with the highest cost this month"),
            description=Words(
                vi="Phần đã cấp nhân với đơn giá. Chi nhiều mà dùng ít thì nên xin cỡ nhỏ hơn.",
                en="What was allotted, at the city's prices. Who pays much and uses little should ask for a smaller size.",
            ),
            kind="bar",
            unit="money",
            width=12,
            queries=(Query(expression="topk(10, organisation:citycloud_cost:month)", legend="{{organisation}} ({{currency}})"),),
            labels=("organisation", "currency"),
            below="department",
        ),
        Panel(
            id="sites",
            title=Words(vi="Điểm của mạng diện rộng liên lạc được", en="Sites of the wide area network that can be reached"),
            description=Words(
                vi="Theo tầng của mạng. Không có số khi thành phố chưa đo mạng diện rộng.",
                en="By tier of the network. No number where the city does not measure its network.",
            ),
            kind="bar",
            unit="ratio",
            width=12,
            queries=(Query(expression="avg by (tier) (max by (site, tier) (probe_success))", legend="{{tier}}"),),
            labels=("tier",),
            below="wan",
        ),
        Panel(
            id="growth",
            title=Words(vi="Môi trường theo giai đoạn của hệ thống", en="Environments by stage of their systems"),
            description=Words(
                vi="Từ thử nghiệm đến chính thức: đường «production» đi lên nghĩa là ngày càng nhiều dịch vụ chạy thật.",
                en="From trial to real work: where the line of production rises, more and more services run for real.",
            ),
            kind="timeseries",
            width=24,
            queries=(
                Query(
                    expression=f"count by (stage) ({each('citycloud_environment_info', by='organisation, environment, stage')})",
                    legend="{{stage}}",
                ),
            ),
            labels=("stage",),
            below="fleet",
        ),
    ),
)
