import type { Claim, Inspection, LockBackend } from '../../../src/index.js'
import type { Command } from './history.js'
import { type Circumstances, type Said, witnessed } from './judge.js'
import { type Deed, emptyWorlds, type ModelClaim, outcomes, type World } from './model.js'

/** A store with a name that was never used, and a way to let its clock go on. */
export interface Stage {
  readonly name: string
  /** Several backends over one store, as of several processes. */
  readonly backends: readonly LockBackend[]
  readonly tickMs: number
  /** The greatest error of a remaining time, because a step is not done exactly at its tick. */
  readonly slackMs: number
  /** Waits until `ticks` more ticks have passed on the store's clock. */
  pass(ticks: number): Promise<void>
  /** Throws when the present step was not done within its tick. */
  onTime?(): Promise<void>
  /** Sets a foreign value, if the name is free. False if it is not. */
  plant(value: string, ttlMs: number | null): Promise<boolean>
  /** Deletes this value, if it is there. */
  remove(value: string): Promise<void>
}

const FOREIGN = 'somebody else'
const READING = { mode: 'shared', limit: Infinity } as const

/** Plays a history, and throws at the first step that the model does not allow. */
export async function play(history: readonly Command[], stage: Stage): Promise<void> {
  let worlds: readonly World[] = emptyWorlds
  let now = 0
  const lives: number[] = []
  const ownerOf = (who: number): string => `slot-${who}.${lives[who] ?? 0}~${`${who}`.repeat(32)}`

  for (const [step, command] of history.entries()) {
    if (command.do === 'die') lives[command.who] = (lives[command.who] ?? 0) + 1
    if (command.do === 'wait') {
      now += command.ticks
      await stage.pass(command.ticks)
    }
    // No `inspect` here: a call may be the reason why the store notices that a lease has ended.
    if (command.do === 'die' || command.do === 'wait') continue
    const deed = deedOf(command, ownerOf, worlds[0] ?? emptyWorlds[0], now)
    const backend = stage.backends['who' in command ? command.who % stage.backends.length : 0] as LockBackend
    const said = await execute(deed, backend, stage)
    const seen = await backend.inspect(stage.name)
    await stage.onTime?.()
    const next = judged(worlds, deed, said, seen, { now, ...stage })
    if (typeof next === 'string') throw new Error(`step ${step} of ${history.length}, ${shown(deed)}: ${next}`)
    worlds = next
  }
}

/** The worlds that agree with the answer and with `inspect`, or the objection to the first world. */
function judged(
  worlds: readonly World[],
  deed: Deed,
  said: Said,
  seen: Inspection | null,
  { now, tickMs, slackMs }: Pick<Circumstances, 'now' | 'tickMs' | 'slackMs'>,
): readonly World[] | string {
  const circumstances = { deed, now, tickMs, slackMs }
  const verdicts = worlds
    .flatMap((world) => outcomes(world, deed, now))
    .map((outcome) => witnessed(outcome, said, seen, circumstances))
  const objections: string[] = []
  const possible = new Map<string, World>()
  for (const verdict of verdicts) {
    if (typeof verdict === 'string') objections.push(verdict)
    else possible.set(JSON.stringify(verdict), verdict)
  }
  return possible.size > 0 ? [...possible.values()] : (objections[0] ?? 'nothing may follow')
}

/** The deed of the owner in a slot. A repeated claim has the mode and the limit of the first. */
function deedOf(
  command: Exclude<Command, { do: 'wait' | 'die' }>,
  ownerOf: (who: number) => string,
  world: World,
  now: number,
): Deed {
  const kindOf = (owner: string): Pick<ModelClaim, 'mode' | 'limit'> | undefined => {
    const waiting = world.line.find(({ claim, until }) => claim.owner === owner && until > now)?.claim
    const holding = world.holds.find((hold) => hold.owner === owner && hold.until > now)
    if (holding?.mode === 'shared') return READING
    return waiting && { mode: waiting.mode, limit: waiting.limit }
  }
  if (command.do === 'evict') return command
  if (command.do === 'plant') return { do: 'plant', owner: FOREIGN, ttl: (command.ttl ?? Infinity) - 0.5 }
  if (command.do === 'remove') return { do: 'remove', owner: FOREIGN }
  const owner = ownerOf(command.who)
  if (command.do === 'release') return { do: 'release', owner, keep: command.keep && command.keep - 0.5 }
  const ttl = command.ttl - 0.5
  if (command.do === 'extend') {
    const kind = command.share === true ? READING : (kindOf(owner) ?? ({ mode: 'exclusive', limit: 1 } as const))
    // Only an exclusive lease is handed over, so that no other extension reserves fences.
    const fences = kind.mode === 'exclusive' ? command.fences : undefined
    return { do: 'extend', claim: { owner, ...kind, ttl, fences } }
  }
  const { kind, line, fences, steal } = command
  const wanted = kind === 'exclusive' ? { mode: kind, limit: 1 } : { mode: 'shared' as const, limit: kind }
  const claim = { owner, ...wanted, ...kindOf(owner), ttl, line: line && line - 0.5, fences, steal }
  return { do: 'acquire', claim }
}

async function execute(deed: Deed, backend: LockBackend, { name, tickMs, plant, remove }: Stage): Promise<Said> {
  if (deed.do === 'acquire') {
    const outcome = await backend.acquire(sent(deed.claim, name, tickMs))
    if (!outcome.acquired) return { answer: { ahead: outcome.ahead }, retryAfterMs: outcome.retryAfterMs }
    return { answer: 'acquired', validMs: outcome.validMs, fence: outcome.fence }
  }
  if (deed.do === 'extend') {
    const [outcome] = await backend.extend([sent(deed.claim, name, tickMs)])
    if (outcome === undefined || outcome.status === 'unknown') throw new Error('no outcome', { cause: outcome })
    const { status, ...rest } = outcome
    return { ...rest, answer: status }
  }
  if (deed.do === 'release') {
    const keep = deed.keep === undefined ? {} : { keepMs: deed.keep * tickMs }
    return { answer: await backend.release({ name, owner: deed.owner, ...keep }) }
  }
  if (deed.do === 'evict') return { answer: await backend.evict(name) }
  if (deed.do === 'plant') {
    return { answer: await plant(deed.owner, deed.ttl === Infinity ? null : deed.ttl * tickMs) }
  }
  await remove(deed.owner)
  return { answer: null }
}

function sent({ owner, mode, limit, ttl, line, fences, steal }: ModelClaim, name: string, tickMs: number): Claim {
  return {
    ...{ name, owner, mode, limit, ttlMs: ttl * tickMs },
    ...(line !== undefined && { lineMs: line * tickMs }),
    ...(fences !== undefined && { fences }),
    ...(steal === true && { steal }),
  }
}

function shown(deed: Deed): string {
  return JSON.stringify(deed).replaceAll(/~\d+/g, '')
}
