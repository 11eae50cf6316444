export { markdownTable } from './report/markdown.ts';
export { type Spread, spread } from './report/spread.ts';
export { summaryText } from './report/summary.ts';
export type { ReportFile, RunReport } from './report/types.ts';
export { verdictPage } from './report/verdict-page.ts';
export type { Drill } from './run/drill.ts';
export { allDrills, chooseDrills, UnknownDrillError } from './run/registry.ts';
export { type PlannedRun, runDrills, type SessionOptions, type SessionResult } from './run/session.ts';
