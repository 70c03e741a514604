import type { Answer } from '../timers/coalescer.js'
import { isOfSlots, mayPassInParts } from './failure.js'
import { slotOf } from './slot.js'

/** Whether only keys of one slot may be in one command. A refusal may show it where the client did not. */
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
 * its keys, must not fail all of them. Never rejects: a failure is the answer to the question that met it.
 */
export function createInParts<Question, Value>(
  settings: InPartsSettings<Question, Value>,
): (questions: readonly Question[]) => Promise<readonly Answer<Value>[]> {
  const { spread, keyOf, send } = settings
  const slotOfQuestion = (question: Question): unknown => slotOf(keyOf(question))

  const ask = (questions: readonly Question[]): Promise<readonly Answer<Value>[]> =>
    send(questions).catch((error: unknown) => {
      if (questions.length === 1 || !mayPassInParts(error)) return questions.map(() => ({ error }))
      if (isOfSlots(error)) spread.bySlot = true
      const isOfManySlots = new Set(questions.map(slotOfQuestion)).size > 1
      return askInGroups(questions, isOfManySlots ? slotOfQuestion : (_, i) => i, ask)
    })

  return (questions) =>
    spread.bySlot && questions.length > 1 ? askInGroups(questions, slotOfQuestion, ask) : ask(questions)
}

/** The answer to a question that the store left out. */
const NO_ANSWER: { readonly error: Error } = { error: new Error('no answer') }

/** Asks the questions of each group together. Answers each in its place: two questions may be one object. */
export async function askInGroups<Question, Value>(
  questions: readonly Question[],
  groupOf: (question: Question, i: number) => unknown,
  ask: (group: readonly Question[]) => Promise<readonly Answer<Value>[]>,
): Promise<readonly Answer<Value>[]> {
  const places = new Map<unknown, number[]>()
  for (const [i, question] of questions.entries()) {
    const group = groupOf(question, i)
    const present = places.get(group)
    if (present === undefined) places.set(group, [i])
    else present.push(i)
  }
  const answers: Answer<Value>[] = questions.map(() => NO_ANSWER)
  await Promise.all(
    [...places.values()].map(async (group) => {
      const answered = await ask(group.map((i) => questions[i] as Question))
      for (const [n, i] of group.entries()) answers[i] = answered[n] ?? NO_ANSWER
    }),
  )
  return answers
}
