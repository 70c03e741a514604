export { type Finding, tortureRules, type TortureRule, type Violation } from './check/verdict.js'
export { judgeHistory, type TortureVerdict } from './check/judge.js'
export type { TortureCounts } from './check/count.js'
export { pictureOf } from './report/picture.js'
export { readHistory, type HistoryReader } from './history/file.js'
export { renderTorture } from './report/render.js'
export { torture, type TortureOptions, type TortureReport } from './run/torture.js'
export { tortureMain, type TortureResult } from './command/main.js'
export type * from './history/event.js'
export type {
  Audit,
  Connection,
  GuardedOutcome,
  GuardedWrite,
  Place,
  Seen,
  StoreFault,
  TortureStore,
  TortureTarget,
} from './target.js'
