import type { Engine } from '../engine/engine.js'
import { LockError } from '../errors/errors.js'
import { quoteName } from '../errors/messages.js'
import type { AcquireSettings } from '../options/settings.js'

/** A name, or several different names. */
export type Names = string | readonly string[]

/**
 * The end of an acquisition that was certainly refused: `null`, or the error where the caller wants one.
 * @param since when the acquisition began, on the monotonic clock
 * @throws `LOCK_BUSY`
 */
export function orThrowBusy(engine: Engine, names: Names, { throwsBusy }: AcquireSettings, since: number): null {
  if (!throwsBusy) return null
  const waitedMs = engine.clock.now() - since
  const list = [names].flat()
  const what = list.length === 1 ? quoteName(list[0] as string) : `one of ${list.map(quoteName).join(', ')}`
  const own = list.filter((name) => [...engine.names.holdsOf(name)].length > 0)
  const holder = own.length > 0 ? `held by this locker itself` : 'held by somebody else'
  const advice =
    own.length > 0
      ? `. If this call is nested in the lease on ${own.map(quoteName).join(' or ')}, it waits for itself: pass` +
        ' { within: lease }, or give the locker a context: asyncContext() of @holdfast/core/async-context. Else another' +
        ' call holds it, or did not release it'
      : ''
  throw new LockError('LOCK_BUSY', `${what} is ${holder}, after ${Math.round(waitedMs)} ms${advice}`)
}
