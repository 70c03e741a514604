import { atEndOfTurn } from './end-of-turn.js'

/** The answer to one of several questions: a value, or the error that concerns it alone. */
export type Answer<Value> = { readonly value: Value } | { readonly error: unknown }

export interface CoalescerSettings<Question, Value> {
  /**
   * Sends questions together, in their order. Answers each of them, in the same order; a rejection is the answer to each.
   */
  readonly sendMany: (questions: readonly Question[]) => Promise<readonly Answer<Value>[]>
  /** How many questions are sent together at most. */
  readonly most: number
  /** Why a question is not to be sent any more, asked just before it would be; `undefined` if it is. */
  readonly refusalOf?: (question: Question) => Error | undefined
}

/** Gathers what is asked of a store within one turn of the event loop, and sends it together. */
export interface Coalescer<Question, Value> {
  /** Settles with the answer to this question alone, whatever becomes of those that are sent with it. */
  ask(question: Question): Promise<Value>
  /** Whether such a question has yet to be sent. */
  isGathering(question: (gathered: Question) => boolean): boolean
  /** Sends at once what was gathered: for a command that must not overtake it. */
  flush(): void
}

interface Asked<Question, Value> {
  readonly question: Question
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
}

/**
 * Questions of one turn of the event loop, also those of code that runs because earlier answers arrived together, leave
 * at its end. A question that is alone leaves then, too: the end of a turn costs nothing that could be measured.
 */
export function createCoalescer<Question, Value>(
  settings: CoalescerSettings<Question, Value>,
): Coalescer<Question, Value> {
  const { sendMany, refusalOf } = settings
  const most = Math.min(settings.most, coalescing.most)
  let gathered: Asked<Question, Value>[] = []

  /** A question of a caller may throw when it is read: that concerns it alone. */
  const isWanted = ({ question, reject }: Asked<Question, Value>): boolean => {
    try {
      const refusal = refusalOf?.(question)
      if (refusal === undefined) return true
      reject(refusal)
    } catch (error) {
      reject(error)
    }
    return false
  }

  const send = (asked: readonly Asked<Question, Value>[]): void => {
    const rejectAll = (error: unknown): void => {
      for (const { reject } of asked) reject(error)
    }
    try {
      sendMany(asked.map(({ question }) => question)).then((answers) => settle(asked, answers), rejectAll)
    } catch (error) {
      rejectAll(error)
    }
  }

  const flush = (): void => {
    const leaving = refusalOf === undefined ? gathered : gathered.filter(isWanted)
    gathered = []
    for (let first = 0; first < leaving.length; first += most) {
      send(leaving.length <= most ? leaving : leaving.slice(first, first + most))
    }
  }

  return {
    ask: (question) =>
      new Promise<Value>((resolve, reject) => {
        if (gathered.push({ question, resolve, reject }) === 1) atEndOfTurn(flush)
      }),
    isGathering: (isMeant) => gathered.some(({ question }) => isMeant(question)),
    flush,
  }
}

/** For tests: `most: 1` sends every question by itself. */
export const coalescing: { most: number } = { most: Infinity }

function settle<Question, Value>(asked: readonly Asked<Question, Value>[], answers: readonly Answer<Value>[]): void {
  // No iterator: most often there is one question.
  for (let i = 0; i < asked.length; i++) {
    const { resolve, reject } = asked[i] as Asked<Question, Value>
    const answer = answers[i]
    if (answer === undefined) reject(new Error('there is no answer to this question'))
    else if ('error' in answer) reject(answer.error)
    else resolve(answer.value)
  }
}
