import type { EventBody, Outcome, Terms, TortureEvent } from '../../src/torture/history/event.js'
import type { Audit } from '../../src/torture/target.js'

export interface HoldOptions extends Partial<Terms> {
  readonly p: string
  readonly name?: string
  /** The times of the grant and of the last look at the lease. */
  readonly from: number
  readonly to: number
  readonly fence?: number | null
  /** When the lease was asked for. Default: 5 ms before the grant. */
  readonly asked?: number
  readonly verb?: 'acquire' | 'resume' | 'within'
  readonly group?: string
  readonly watched?: boolean
  /** When the lease says that it is not held. A lost lease is not released. */
  readonly lostAt?: number
  readonly signalledAt?: number
  readonly released?: boolean
}

/** Writes a history as processes would: every event at the time that it is given. */
export class Story {
  readonly #events: TortureEvent[] = []
  #ids = 0

  add(t: number, p: string, body: EventBody): this {
    this.#events.push({ t, p, ...body })
    return this
  }

  events(): readonly TortureEvent[] {
    return this.#events.toSorted((one, other) => one.t - other.t)
  }

  id(): string {
    return `#${(this.#ids += 1)}`
  }

  /** A lease from its call to its release. Answers its id. */
  hold(options: HoldOptions): string {
    const { p, name = 'n', from, to, fence = from, asked = from - 5, verb = 'acquire', lostAt, signalledAt } = options
    const { watched = true, released = lostAt === undefined } = options
    const [id, lease] = [this.id(), this.id()]
    const { mode = 'exclusive', limit = null, ttlMs = 1_000, renew = true, maxHoldMs = null, steal = false } = options
    const terms: Terms = { mode, limit, ttlMs, renew, maxHoldMs, steal }
    const { group = lease } = options
    this.add(asked, p, { type: 'call', id, verb, names: [name], terms, budgetMs: 1_000 })
    const grant = { lease, group, fences: { [name]: fence }, watched }
    this.add(from, p, { type: 'end', id, outcome: 'granted', grant })
    this.add(from, p, { type: 'held', lease, held: true })
    this.add(to, p, { type: 'held', lease, held: true })
    if (lostAt !== undefined) this.add(lostAt, p, { type: 'held', lease, held: false })
    if (signalledAt !== undefined) this.add(signalledAt, p, { type: 'signalled', lease, code: 'LOCK_LOST' })
    if (released) this.call(to, to + 3, { p, verb: 'release', name, lease })
    return lease
  }

  /** A call on a lease, or on none. A call without an end goes on. */
  call(
    from: number,
    to: number | undefined,
    of: {
      p: string
      verb: 'release' | 'extend' | 'forceRelease' | 'acquire' | 'guardedWrite'
      name?: string
      lease?: string
      code?: string
      causes?: readonly string[]
      outcome?: Outcome
    },
  ): this {
    const { p, verb, name = 'n', lease, code, causes, outcome = code === undefined ? 'done' : 'failed' } = of
    const id = this.id()
    this.add(from, p, { type: 'call', id, verb, names: [name], budgetMs: 1_000, ...(lease !== undefined && { lease }) })
    if (to === undefined) return this
    const why = { ...(code !== undefined && { code }), ...(causes !== undefined && { causes }) }
    return this.add(to, p, { type: 'end', id, outcome, ...why })
  }

  write(t: number, lease: string, fence: number, { name = 'n', accepted = true } = {}): this {
    return this.add(t, 'orchestrator', { type: 'write', lease, name, fence, accepted })
  }

  process(t: number, of: string, what: 'start' | 'kill' | 'stop' | 'continue' | 'exit', note?: string): this {
    return this.add(t, 'orchestrator', { type: 'process', of, what, ...(note !== undefined && { note }) })
  }

  /** The target looks into the store when all is over. */
  audit({ counts = {}, broken = [], missing = [] }: Partial<Audit>): this {
    return this.add(90_001, 'orchestrator', { type: 'audit', counts, broken, missing })
  }

  /** A fault that loses data, unless given otherwise. */
  fault(from: number, to: number, { loses = true, fired = 1 } = {}): this {
    const id = this.id()
    this.add(from, 'orchestrator', { type: 'fault', id, kind: 'a fault', phase: 'begin', loses })
    return this.add(to, 'orchestrator', { type: 'fault', id, kind: 'a fault', phase: 'end', loses, fired })
  }
}

/** A history in which enough happens and nothing is wrong. It ends before 20 s; other stories begin at 30 s. */
export function quietStory(): Story {
  const story = new Story()
  for (const p of ['a', 'b', 'c']) story.process(0, p, 'start')
  for (let turn = 0; turn < 150; turn++) {
    const [at, p] = [100 + turn * 100, 'abc'.charAt(turn % 3)]
    // Each holder asks while the holder before it still holds.
    const lease = story.hold({ p, name: 'quiet', from: at, to: at + 95, asked: at - 50 })
    story.write(at + 10, lease, at, { name: 'quiet' })
    story.hold({ p, name: 'readers', mode: 'shared', from: at, to: at + 150 })
    story.hold({ p, name: 'three', mode: 'shared', limit: 3, from: at, to: at + 290 })
  }
  story.hold({ p: 'a', name: 'lost', from: 15_000, to: 15_100, lostAt: 15_200, signalledAt: 15_201 })
  story.process(16_000, 'b', 'stop').process(16_500, 'b', 'continue')
  story.process(17_000, 'd', 'start').process(17_500, 'd', 'kill').process(17_501, 'd', 'exit', 'SIGKILL')
  for (const p of ['a', 'b', 'c']) story.add(90_000, p, { type: 'bye' })
  return story.audit({ counts: { 'rows of a table': 3 } })
}
