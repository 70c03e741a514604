import { vi } from 'vitest'

/** For files whose tests work much: on a busy machine they take long, and that is no failure. */
export function allowOneMinute(): void {
  vi.setConfig({ testTimeout: 60_000 })
}
