import { createHash } from 'node:crypto'
import { vi } from 'vitest'

/** Makes each digest of the platform wait for `pause` from now on. */
export function digestAfter(pause: () => Promise<unknown>): void {
  vi.spyOn(crypto.subtle, 'digest').mockImplementation(async (_, data) => {
    const hash = createHash('sha256')
      .update(data as Uint8Array)
      .digest()
    await pause()
    return Uint8Array.from(hash).buffer
  })
}

/** Makes digests by the platform again. */
export function digestAnew(): void {
  vi.mocked(crypto.subtle.digest).mockRestore()
}
