// What the page itself says. Titles and descriptions come with each dashboard; Perses' own buttons speak English.
const spans = (said) => Object.entries(said).map(([pastDuration, display]) => ({ value: { pastDuration }, display }));

export const words = {
  vi: {
    views: 'Bảng theo dõi',
    other: 'English',
    spans: spans({
      '1m': '1 phút qua',
      '15m': '15 phút qua',
      '1h': '1 giờ qua',
      '6h': '6 giờ qua',
      '24h': '24 giờ qua',
      '7d': '7 ngày qua',
      '30d': '30 ngày qua',
      '90d': '90 ngày qua',
    }),
  },
  en: {
    views: 'Dashboards',
    other: 'Tiếng Việt',
    spans: spans({
      '1m': 'Last minute',
      '15m': 'Last 15 minutes',
      '1h': 'Last hour',
      '6h': 'Last 6 hours',
      '24h': 'Last 24 hours',
      '7d': 'Last 7 days',
      '30d': 'Last 30 days',
      '90d': 'Last 90 days',
    }),
  },
};
