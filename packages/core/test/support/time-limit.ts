import { vi } from 'vitest'

/** For files with long tests: on a busy machine they may take more than the default limit. */
export function allowOneMinute(): void {
  vi.setConfig({ testTimeout: 60_000 })
}
