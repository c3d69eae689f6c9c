// One dashboard of citycloud, drawn by Perses' own components from the JSON that its chart installs: `/?view=fleet&lang=vi`.
import { createRoot } from 'react-dom/client';
import { CssBaseline, GlobalStyles, ThemeProvider, Typography } from '@mui/material';
import { ChartsProvider, SnackbarProvider, generateChartsTheme } from '@perses-dev/components';
import { ViewDashboard } from '@perses-dev/dashboards';
import { PluginRegistry, TimeRangeSettingsProvider, dynamicImportPluginLoader } from '@perses-dev/plugin-system';
import * as barChart from '@perses-dev/bar-chart-plugin';
import * as gaugeChart from '@perses-dev/gauge-chart-plugin';
import * as markdown from '@perses-dev/markdown-plugin';
import * as prometheusSource from '@perses-dev/prometheus-plugin';
import * as statChart from '@perses-dev/stat-chart-plugin';
import * as staticListVariable from '@perses-dev/static-list-variable-plugin';
import * as table from '@perses-dev/table-plugin';
import * as timeSeriesChart from '@perses-dev/timeseries-chart-plugin';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { QueryParamProvider } from 'use-query-params';
import { WindowHistoryAdapter } from 'use-query-params/adapters/window';

import { TopBar } from './TopBar.jsx';
import { generated, theme } from './theme.js';
import { words } from './words.js';

const modules = [barChart, gaugeChart, markdown, prometheusSource, statChart, staticListVariable, table, timeSeriesChart];
const pluginLoader = dynamicImportPluginLoader(
  modules.map((module) => ({ resource: module.getPluginModule(), importPlugin: () => Promise.resolve(module) })),
);
const defaultPluginKinds = { Panel: 'TimeSeriesChart', TimeSeriesQuery: 'PrometheusTimeSeriesQuery' };
// As often as Prometheus scrapes, so often a line has a point; from it Perses counts the interval of rates.
function datasources(scrapeInterval) {
  const plugin = { kind: 'PrometheusDatasource', spec: { directUrl: '/proxy', scrapeInterval } };
  const prometheus = { kind: 'GlobalDatasource', metadata: { name: 'prometheus' }, spec: { default: true, plugin } };
  return {
    getDatasource: async () => undefined,
    getGlobalDatasource: async () => prometheus,
    listDatasources: async () => [],
    listGlobalDatasources: async () => [prometheus],
  };
}
const chartsTheme = generateChartsTheme(theme, { echartsTheme: { grid: { top: 12 } } });
const queryClient = new QueryClient({ defaultOptions: { queries: { refetchOnWindowFocus: false, retry: false } } });

function Page({ dashboard, datasourceApi, views, view, lang }) {
  return (
    <ThemeProvider theme={theme}>
      <CssBaseline />
      <GlobalStyles styles={generated} />
      <TopBar views={views} view={view} lang={lang} />
      <main>
        <ChartsProvider chartsTheme={chartsTheme}>
          <SnackbarProvider>
            <QueryClientProvider client={queryClient}>
              <QueryParamProvider adapter={WindowHistoryAdapter}>
                <PluginRegistry pluginLoader={pluginLoader} defaultPluginKinds={defaultPluginKinds}>
                  <TimeRangeSettingsProvider options={words[lang].spans}>
                    <ViewDashboard
                      dashboardResource={dashboard}
                      datasourceApi={datasourceApi}
                      dashboardTitleComponent={<Typography variant="h1">{dashboard.spec.display.name}</Typography>}
                      isReadonly
                    />
                  </TimeRangeSettingsProvider>
                </PluginRegistry>
              </QueryParamProvider>
            </QueryClientProvider>
          </SnackbarProvider>
        </ChartsProvider>
      </main>
    </ThemeProvider>
  );
}

async function read(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function draw() {
  const asked = new URLSearchParams(window.location.search);
  const lang = asked.get('lang') === 'en' ? 'en' : 'vi';
  document.documentElement.lang = lang;
  const { scrapeInterval, views } = await read('/dashboards/index.json');
  const view = asked.get('view') ?? views[0].view;
  const dashboard = await read(`/dashboards/${view}-${lang}.json`);
  document.title = `${dashboard.spec.display.name} – citycloud`;
  const parts = { dashboard, datasourceApi: datasources(scrapeInterval), views, view, lang };
  createRoot(document.getElementById('root')).render(<Page {...parts} />);
}

draw().catch((error) => {
  const told = document.createElement('p');
  told.setAttribute('role', 'alert');
  told.textContent = String(error);
  document.getElementById('root').append(told);
});
