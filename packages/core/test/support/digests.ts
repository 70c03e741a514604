import { createHash } from 'node:crypto'
import { vi } from 'vitest'

/** From now on a digest of the platform takes as long as `pause`, which the test decides. */
export function digestAfter(pause: () => Promise<unknown>): void {
  vi.spyOn(crypto.subtle, 'digest').mockImplementation(async (_, data) => {
    const hash = createHash('sha256')
      .update(data as Uint8Array)
      .digest()
    await pause()
    return Uint8Array.from(hash).buffer
  })
}

/** As the platform does it. */
export function digestAnew(): void {
  vi.mocked(crypto.subtle.digest).mockRestore()
}
