// redlock 5 by `using`, which renews: its callback gets a signal that aborts when a renewal has failed.
import Redlock from 'redlock'
import { peerTarget } from './peer.mjs'

/**
 * @typedef {(
 *   names: string[], ttlMs: number, settings: { retryCount: number }, routine: (signal: AbortSignal) => Promise<void>,
 * ) => Promise<unknown>} Using
 */

/** The pause between two tries, by default. */
const RETRY_MS = 200
/** The time before the end at which `using` renews: less than the shortest ttl. */
const AHEAD_MS = 100

export default peerTarget('redlock 5', (client) => {
  const redlock = new Redlock([client], { automaticExtensionThreshold: AHEAD_MS })
  redlock.on('error', () => {})
  const using = /** @type {Using} */ (/** @type {unknown} */ (redlock.using.bind(redlock)))
  return (name, { ttlMs, waitMs }) =>
    new Promise((resolve, reject) => {
      /** @type {(value?: unknown) => void} */
      let end = () => {}
      const over = new Promise((ended) => (end = ended))
      const done = using([name], ttlMs, { retryCount: Math.ceil(waitMs / RETRY_MS) }, async (signal) => {
        const release = async () => {
          end()
          await done
        }
        resolve({ held: () => !signal.aborted, release, signal })
        await over
      })
      done.catch(reject)
    })
})
