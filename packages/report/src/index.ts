export { type Dashboard, type DashboardChart, renderDashboard } from './dashboard/dashboard.ts';
export { renderHtml } from './html/html.ts';
export { verdictPage } from './html/verdict-page.ts';
export { markdownTable } from './markdown.ts';
export { readReport, type StoredReport } from './read.ts';
export { type Spread, spread } from './spread.ts';
export { summaryText } from './summary.ts';
export {
  type Consistency,
  type Latency,
  type Mark,
  type MeasuredCapacity,
  REPORT_VERSION,
  type RecoveryFigures,
  type ReportFile,
  type RunReport,
  type Series,
  type Step,
  type ToldAlert,
  type Verdict,
  type Watched,
  type WorkloadFigures,
} from './types.ts';
