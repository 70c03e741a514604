import type { Answer } from '../timers/coalescer.js'
import { isOfSlots, mayPassInParts } from './failure.js'
import { slotOf } from './slot.js'

/** Whether only keys of one slot may be in one command. A refusal may tell what the client did not know. */
export interface Spread {
  bySlot: boolean
}

export interface InPartsSettings<Question, Value> {
  readonly spread: Spread
  /** A key of the question, which decides on the slot. */
  readonly keyOf: (question: Question) => string
  /** Sends questions in one command. Rejects when that fails as a whole. */
  readonly send: (questions: readonly Question[]) => Promise<readonly Answer<Value>[]>
}

/**
 * Asks many questions in one command, as far as their keys may be in one. A command that was certainly refused as a whole
 * is asked again in parts: by slot, then each question alone. One name that is not permitted, or a server that spreads
 * its keys, must not fail all of them.
 */
export function createInParts<Question, Value>(
  settings: InPartsSettings<Question, Value>,
): (questions: readonly Question[]) => Promise<readonly Answer<Value>[]> {
  const { spread, keyOf, send } = settings
  const groupBySlot = (questions: readonly Question[]): readonly (readonly Question[])[] =>
    groupBy(questions, (question) => slotOf(keyOf(question)))

  const ask = (questions: readonly Question[]): Promise<readonly Answer<Value>[]> =>
    send(questions).catch((error: unknown) => {
      if (questions.length === 1 || !mayPassInParts(error)) return questions.map(() => ({ error }))
      if (isOfSlots(error)) spread.bySlot = true
      const slots = groupBySlot(questions)
      return askGroups(questions, slots.length > 1 ? slots : questions.map((question) => [question]))
    })

  const askGroups = async (
    questions: readonly Question[],
    groups: readonly (readonly Question[])[],
  ): Promise<readonly Answer<Value>[]> => {
    const answers = new Map<Question, Answer<Value>>()
    await Promise.all(
      groups.map(async (group) => {
        const answered = await ask(group)
        for (const [i, question] of group.entries()) answers.set(question, answered[i] ?? NO_ANSWER)
      }),
    )
    return questions.map((question) => answers.get(question) ?? NO_ANSWER)
  }

  return (questions) => {
    if (!spread.bySlot || questions.length === 1) return ask(questions)
    const groups = groupBySlot(questions)
    return groups.length === 1 ? ask(questions) : askGroups(questions, groups)
  }
}

/** The answer to a question that the store left out. */
export const NO_ANSWER: { readonly error: Error } = { error: new Error('no answer') }

export function groupBy<T>(items: readonly T[], groupOf: (item: T) => unknown): readonly T[][] {
  const groups = new Map<unknown, T[]>()
  for (const item of items) {
    const group = groupOf(item)
    const members = groups.get(group)
    if (members === undefined) groups.set(group, [item])
    else members.push(item)
  }
  return [...groups.values()]
}
