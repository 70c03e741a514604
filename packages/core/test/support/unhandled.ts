import { afterEach, beforeEach, expect } from 'vitest'
import { settled } from './clock.js'

/** Makes each later test of the file fail if a rejection has no handler: Node would end the process. */
export function forbidUnhandled(): void {
  let unhandled = 0
  const keep = (): void => void unhandled++
  beforeEach(() => {
    unhandled = 0
    process.on('unhandledRejection', keep)
  })
  afterEach(async () => {
    await settled()
    process.off('unhandledRejection', keep)
    expect(unhandled, 'unhandled rejections').toBe(0)
  })
}
