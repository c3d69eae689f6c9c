// Perses' light theme, with letters for Vietnamese, enough contrast for links, and panels' titles as the headings that they are.
import { getTheme } from '@perses-dev/components';

const fontFamily = '"Noto Sans", system-ui, sans-serif';
const { components, palette, typography } = getTheme('light');
const lettered = Object.entries(typography).map(([name, variant]) => [name, variant?.fontFamily ? { ...variant, fontFamily } : variant]);
const title = { ...typography.subtitle1, fontFamily, fontSize: '0.8rem', letterSpacing: 0 };

export const theme = getTheme('light', {
  palette: { ...palette, background: { ...palette.background, paper: '#ffffff' } },
  typography: { ...Object.fromEntries(lettered), subtitle1: title, fontFamily },
  components: { ...components, MuiTypography: { defaultProps: { variantMapping: { subtitle1: 'h2' } } } },
});

// Dashboards are generated and nothing is edited here; on paper only the panels remain.
const toolbar = '[data-testid=dashboard-toolbar]';
export const generated = {
  [`${toolbar} > div:first-of-type button, #download-dashboard-button`]: { display: 'none' },
  '@media print': { [`header:has(nav), ${toolbar} > div:last-of-type`]: { display: 'none !important' } },
};
