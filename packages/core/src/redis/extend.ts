import type { CallOptions, Claim, ExtendOutcome, LockBackend } from '../backend.js'
import { BackendError } from '../errors/errors.js'
import type { Answer } from '../timers/coalescer.js'
import { downgradeCommand, extendCommand, type ExtendReply, extendSharedCommand } from './commands.js'
import { askInGroups, createInParts } from './in-parts.js'
import { lockKey, sideKey } from './keys.js'
import { createReserveFences, type ReserveSettings } from './reserve-fences.js'
import type { RedisTransport } from './transport.js'

interface ExtendSettings extends ReserveSettings {
  readonly prefix: string
  readonly fencing: boolean
}

type Answers = readonly Answer<ExtendOutcome>[]

/** The `extend` of a Redis backend: one script for many claims, as far as their keys may be in one command. */
export function createExtend(settings: ExtendSettings): LockBackend['extend'] {
  const { transport, runScript, prefix, fencing, keysOf, spread } = settings
  const reserveFences = createReserveFences(settings)

  const reserves = ({ fences, mode }: Claim): boolean => fencing && fences !== undefined && mode === 'exclusive'

  const besides = (lock: string): string[] => [lock, sideKey(prefix, lock, 'l'), sideKey(prefix, lock, 'p')]

  const keyOf = ({ name }: Claim): string => lockKey(prefix, name)

  const extendExclusive = createInParts<Claim, ExtendOutcome>({
    spread,
    keyOf,
    send: async (claims) => answersOf(await runScript(extendCommand, claims.map(keyOf), claims), claims),
  })

  const extendShared = createInParts<Claim, ExtendOutcome>({
    spread,
    keyOf,
    send: async (claims) => {
      const keys = claims.flatMap((claim) => besides(keyOf(claim)))
      const replies = await runScript(extendSharedCommand, keys, claims)
      const answers = answersOf(replies, claims)
      return Promise.all(answers.map(async (answer, i) => (replies[i] === 'exclusive' ? downgrade(claims[i]) : answer)))
    },
  })

  /** An exclusive lease becomes shared: the line has to move on, so that one script is for one name. */
  const downgrade = async (claim: Claim | undefined): Promise<Answer<ExtendOutcome>> => {
    const args = { ...(claim as Claim), fences: fencing ? 1 : 0 }
    try {
      return { value: await runScript(downgradeCommand, keysOf(args.name), args) }
    } catch (error) {
      return { error }
    }
  }

  const answersOf = (replies: readonly ExtendReply[], claims: readonly Claim[]): Answers =>
    replies.map((reply, i) => answerOf(reply, claims[i]?.ttlMs ?? 0, transport))

  const reserve = (claims: readonly Claim[]): Promise<Answers> =>
    Promise.all(
      claims.map((claim) =>
        reserveFences.ask(claim).then(
          (value) => ({ value }),
          (error: unknown) => ({ error }),
        ),
      ),
    )

  /** Claims that reserve fences go together, and the others with those of their mode. */
  const wayOf = (claim: Claim): ((claims: readonly Claim[]) => Promise<Answers>) =>
    reserves(claim) ? reserve : claim.mode === 'shared' ? extendShared : extendExclusive

  return async (claims, _call?: CallOptions) => {
    const answers = await askInGroups(claims, wayOf, (group) => wayOf(group[0] as Claim)(group))
    return outcomesOf(answers)
  }
}

/** An error that failed all claims, or the only claim, is thrown as by every other verb. */
function outcomesOf(answers: Answers): readonly ExtendOutcome[] {
  const [first] = answers
  if (first === undefined) return []
  if ('error' in first && answers.every((answer) => 'error' in answer && answer.error === first.error)) {
    throw first.error
  }
  return answers.map((answer) => ('value' in answer ? answer.value : { status: 'unknown', cause: answer.error }))
}

function answerOf(reply: ExtendReply, ttlMs: number, { name }: RedisTransport): Answer<ExtendOutcome> {
  if (reply === 'extended') return { value: { status: 'extended', validMs: ttlMs, fence: null } }
  if (reply === 'lost') return { value: { status: 'lost' } }
  const message = `${name}: WRONGTYPE the key holds another type than a string`
  return { error: new BackendError(message, { executed: 'no', retryable: false }) }
}
