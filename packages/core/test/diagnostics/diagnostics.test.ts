import { AsyncLocalStorage } from 'node:async_hooks'
import { channel, type TracingChannelSubscribers, tracingChannel } from 'node:diagnostics_channel'
import { afterEach, describe, expect, test } from 'vitest'
import { diagnosticsObserver } from '../../src/diagnostics/index.js'
import { settled } from '../support/clock.js'
import { NAME, world } from '../support/world.js'

const scope = new AsyncLocalStorage<string>()
const acquire = tracingChannel<object, object>('holdfast:acquire')
const hold = tracingChannel<object, object>('holdfast:hold')
const lost = channel('holdfast:lost')
const undo: (() => void)[] = []
afterEach(() => {
  for (const each of undo.splice(0)) each()
})

/** Subscribes to all channels, and keeps a copy of each message as it was when it was published. */
function subscribe(): { readonly seen: string[]; readonly messages: object[] } {
  const seen: string[] = []
  const messages: object[] = []
  const note = (event: string) => (message: unknown) => {
    seen.push(`${event} ${scope.getStore() ?? 'nobody'}`)
    messages.push({ ...(message as object) })
  }
  for (const [name, tracing] of Object.entries({ acquire, hold })) {
    const of = (event: string) => note(`${name} ${event}`)
    const subscribers: TracingChannelSubscribers<object> = {
      ...{ start: of('start'), end: of('end'), error: of('error') },
      ...{ asyncStart: of('asyncStart'), asyncEnd: of('asyncEnd') },
    }
    tracing.subscribe(subscribers)
    undo.push(() => tracing.unsubscribe(subscribers))
  }
  const onLost = note('lost')
  lost.subscribe(onLost)
  undo.push(() => lost.unsubscribe(onLost))
  return { seen, messages }
}

const id = expect.any(Number) as number
const start = ['start', 'end']
const asyncEnd = ['asyncStart', 'asyncEnd']
const events = (name: string, kinds: readonly string[], caller: string): string[] =>
  kinds.map((kind) => `${name} ${kind} ${caller}`)

describe('the channels', () => {
  test('carry an acquisition and a lease from their beginnings to their ends, with the shapes that are documented', async () => {
    const { seen, messages } = subscribe()
    const { locks } = world({ observer: diagnosticsObserver() })
    const lease = await scope.run('anna', () => locks.acquire(NAME))
    await scope.run('ben', () => lease.release())
    expect(seen).toEqual([
      ...events('acquire', [...start, ...asyncEnd], 'anna'),
      ...events('hold', start, 'anna'),
      ...events('hold', asyncEnd, 'ben'),
    ])
    const call = { id, name: NAME, names: [NAME], mode: 'exclusive' }
    expect(messages[0]).toEqual(call)
    expect(messages[3]).toEqual({ ...call, leaseId: id, waitedMs: 0, attempts: 1, fence: lease.fence })
    expect(messages[4]).toEqual({ ...call, leaseId: id })
    expect(messages[7]).toEqual({ ...call, leaseId: id, heldMs: 0, end: 'released' })
    expect(JSON.stringify(messages)).not.toContain(lease.owner)
  })

  test('carry failures, with the error if the caller gets one', async () => {
    const { seen, messages } = subscribe()
    const { locks, other } = world({ observer: diagnosticsObserver() })
    await other().acquire(NAME)
    await scope.run('anna', () => locks.tryAcquire(NAME))
    await scope.run('ben', () => locks.acquire(NAME, { signal: AbortSignal.abort('no') })).catch(() => {})
    expect(seen).toEqual([
      ...events('acquire', [...start, ...asyncEnd], 'anna'),
      ...events('acquire', [...start, 'error', ...asyncEnd], 'ben'),
    ])
    expect(messages[3]).toMatchObject({ code: 'busy', attempts: 1 })
    expect(messages[3]).not.toHaveProperty('error')
    expect(messages[8]).toMatchObject({ code: 'aborted', error: 'no', attempts: 0 })
  })

  test('carry losses, tickets and what is resumed', async () => {
    const { seen, messages } = subscribe()
    const { locks, clock } = world({ observer: diagnosticsObserver() })
    const lease = await locks.acquire(NAME)
    const resumed = await clock.until(locks.resume(lease.ticket()))
    await locks.forceRelease(NAME)
    expect(seen.slice(6).map((each) => each.replace(' nobody', ''))).toEqual([
      ...['hold asyncStart', 'hold asyncEnd', 'hold start', 'hold end'],
      ...['lost', 'hold error', 'hold asyncStart', 'hold asyncEnd'],
    ])
    expect(messages[7]).toMatchObject({ end: 'handedOver' })
    expect(messages.at(-1)).toMatchObject({ end: 'lost', error: resumed.signal.reason as unknown })
  })

  test('cost nothing while nobody subscribes: no event is built, and no call is begun', async () => {
    const observer = diagnosticsObserver()
    const { started } = observer
    let asked = 0
    const counted = Object.create(observer, { started: { value: () => asked++ } }) as typeof observer
    const { locks } = world({ observer: counted })
    await (await locks.acquire(NAME)).release()
    expect([asked, observer.enabled, typeof started]).toEqual([0, false, 'function'])
    subscribe()
    await (await locks.acquire(NAME)).release()
    expect([asked, observer.enabled]).toEqual([1, true])
  })

  test('do not carry the rest of an acquisition that began before anybody subscribed', async () => {
    const { locks } = world({ observer: diagnosticsObserver() })
    const acquiring = locks.acquire(NAME)
    const { seen } = subscribe()
    await (await acquiring).release()
    await settled()
    expect(seen).toEqual([])
  })
})
