// What the page itself says. Titles, units and descriptions come with each dashboard; Perses' own buttons speak English.
const span = (pastDuration, display) => ({ value: { pastDuration }, display });

export const words = {
  vi: {
    views: 'Bảng theo dõi',
    skip: 'Đến nội dung chính',
    other: 'English',
    spans: [span('15m', '15 phút qua'), span('1h', '1 giờ qua'), span('6h', '6 giờ qua'), span('24h', '24 giờ qua'),
      span('7d', '7 ngày qua'), span('28d', '28 ngày qua'), span('90d', '90 ngày qua')],
  },
  en: {
    views: 'Dashboards',
    skip: 'Skip to the dashboard',
    other: 'Tiếng Việt',
    spans: [span('15m', 'Last 15 minutes'), span('1h', 'Last hour'), span('6h', 'Last 6 hours'), span('24h', 'Last 24 hours'),
      span('7d', 'Last 7 days'), span('28d', 'Last 28 days'), span('90d', 'Last 90 days')],
  },
};
