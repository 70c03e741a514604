import type { LockBackend, Turn } from '@holdfast/core'
import { gap, type Mutant, mutant } from './mutant.js'

/** Watchers of one handle over one subscription at the store, which lasts while there are watchers. */
function subscribing(build: () => Subscribing): Mutant['wrapFor'] {
  return () => (inner) => {
    const watchers = new Set<{ readonly onTurn: (turn: Turn) => void; readonly at: number }>()
    const { begins = async () => {}, ends = async () => {}, tells = () => true } = build()
    let count = 0
    const started = inner.watch?.((turn) => {
      for (const watcher of watchers) if (tells(turn, watcher.at)) watcher.onTurn(turn)
    })
    return {
      ...inner,
      watch: async (onTurn) => {
        await started
        const watcher = { onTurn, at: count++ }
        watchers.add(watcher)
        await begins(watchers.size)
        return async () => {
          if (!watchers.delete(watcher)) return
          await ends(watchers.size)
        }
      },
    }
  }
}

interface Subscribing {
  /** Called when a watcher has begun or has ended, with the number of watchers after that. */
  readonly begins?: (watchers: number) => Promise<void>
  readonly ends?: (watchers: number) => Promise<void>
  /** Whether the watcher that began as number `at` is notified. */
  readonly tells?: (turn: Turn, at: number) => boolean
}

/** Lets fewer microtasks pass than the next calls take. */
const steps = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await Promise.resolve()
}
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await gap()
}

export const watchingAgainMutants: readonly Mutant[] = [
  mutant(
    'tells six watchers of a handle at most',
    'watch/many-watchers',
    subscribing(() => ({ tells: (_, at) => at < 6 })),
  ),
  mutant(
    'loses the first notification after nobody watched for a while',
    'watch/unwatch',
    subscribing(() => {
      let swallows = false
      return {
        ends: async (watchers) => void (swallows ||= watchers === 0),
        tells: () => {
          const tells = !swallows
          swallows = false
          return tells
        },
      }
    }),
  ),
  mutant(
    'tells nobody when it subscribes for the third time',
    'watch/again',
    subscribing(() => {
      let subscriptions = 0
      return {
        begins: async (watchers) => void (subscriptions += watchers === 1 ? 1 : 0),
        tells: () => subscriptions < 3,
      }
    }),
  ),
  mutant(
    'unsubscribes late, when another watcher has begun',
    'watch/again',
    subscribing(() => {
      let deaf = false
      return {
        begins: async () => void (deaf = false),
        ends: async (watchers) => {
          if (watchers === 0) void steps(6).then(() => (deaf = true))
        },
        tells: () => !deaf,
      }
    }),
  ),
  mutant(
    'tells the first of two watchers that begin at the same time',
    'watch/again',
    subscribing(() => {
      let beginning = 0
      let deaf = -1
      let last = -1
      return {
        begins: async () => {
          last++
          if (beginning++ > 0) deaf = last
          await gap()
          beginning--
        },
        tells: (_, at) => at !== deaf,
      }
    }),
  ),
  mutant(
    'calls a watch standing before it is subscribed',
    'watch/again',
    subscribing(() => {
      let subscribed = false
      return {
        begins: async (watchers) => {
          if (watchers === 1) void turns(3).then(() => (subscribed = true))
        },
        ends: async (watchers) => {
          if (watchers === 0) subscribed = false
        },
        tells: () => subscribed,
      }
    }),
  ),
  mutant(
    'drops the messages on their way when another watcher begins or ends',
    'watch/again',
    subscribing(() => {
      let dropping = false
      const change = async (): Promise<void> => {
        dropping = true
        void gap().then(() => (dropping = false))
      }
      return { begins: async (watchers) => (watchers > 1 ? change() : undefined), ends: change, tells: () => !dropping }
    }),
  ),
  mutant('tells nothing of a claim that lined up before the watch and asked again', 'watch/again', () => {
    const known = new Set<string>()
    const asked = new Set<string>()
    return (inner) => {
      let standing = 0
      return {
        ...inner,
        acquire: async (claim) => {
          if (standing > 0 && !asked.has(claim.owner)) known.add(claim.owner)
          asked.add(claim.owner)
          return inner.acquire(claim)
        },
        watch: async (onTurn) => {
          standing++
          const unwatch = await inner.watch?.((turn) => {
            if (turn.type === 'taken' || known.has(turn.owner)) onTurn(turn)
          })
          return async () => {
            standing--
            await unwatch?.()
          }
        },
      }
    }
  }),
  mutant('ends the watch of one handle when another handle watches', 'handles/several', () => {
    let last: LockBackend | undefined
    return (inner) => ({
      ...inner,
      watch: async (onTurn) => {
        last = inner
        return (await inner.watch?.((turn) => last === inner && onTurn(turn))) ?? (async () => {})
      },
    })
  }),
]
