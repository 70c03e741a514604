import type { Engine } from '../engine/engine.js'
import { LockError } from '../errors/errors.js'
import { quoteName } from '../errors/messages.js'
import type { AcquireSettings } from '../options/settings.js'

const OWN_CONTEXT = 'give the locker a context: asyncContext() of @holdfast/core/async-context'

/** A name, or several different names. */
export type NameOrNames = string | readonly string[]

/**
 * The end of an acquisition that was certainly refused: `null`, or the error where the caller wants one.
 * @param since when the acquisition began, on the monotonic clock
 * @throws `LOCK_BUSY`
 */
export function orThrowBusy(engine: Engine, names: NameOrNames, { throwsBusy }: AcquireSettings, since: number): null {
  if (!throwsBusy) return null
  const waitedMs = engine.clock.now() - since
  const list = [names].flat()
  const what = list.length === 1 ? quoteName(list[0] as string) : `one of ${list.length} names`
  const isOwn = list.some((name) => [...engine.names.holdsOf(name)].length > 0)
  const why = isOwn
    ? 'it is held by this locker itself. If this call is nested in that lease, it waits for itself: pass' +
      ` { within: lease }, or ${engine.context === undefined ? OWN_CONTEXT : 'call it in context.run(lease, work)'}.` +
      ' Else another call holds it, or did not release it'
    : 'it is held by another locker, or others wait for it'
  throw new LockError('LOCK_BUSY', `${what} was not free within ${Math.round(waitedMs)} ms: ${why}`)
}
