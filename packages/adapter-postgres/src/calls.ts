import type { Value } from './client.js'
import { toStored } from './text.js'

/** A call of a function of the schema. */
export interface FunctionCall {
  readonly schema: string
  readonly name: string
  readonly args: readonly Arg[]
}

/** An argument. Its value is sent as text, which every client does alike. */
export type Arg = readonly [type: 'text' | 'bigint' | 'boolean', value: Value]

export const text = (value: string | undefined): Arg => ['text', value === undefined ? null : toStored(value)]
export const bigint = (value: number | null | undefined): Arg => [
  'bigint',
  value === undefined || value === null ? null : String(value),
]
export const boolean = (value: boolean): Arg => ['boolean', String(value)]

/** A statement and its values, as a client takes them. */
export interface Statement {
  readonly text: string
  readonly values: Value[]
}

/** The statement of a call, in the isolation level of the connection. */
export function statementOf(call: FunctionCall): Statement {
  return { text: selectOf(call, (i) => `$${i + 1}::text`), values: call.args.map(([, value]) => value) }
}

/** The statement of a call with READ COMMITTED. It takes longer, and is refused within a transaction of the caller. */
export function readCommittedOf(call: FunctionCall): Statement {
  const ask = selectOf(call, (i) => `($1 ->> ${i})`)
  const values = JSON.stringify(call.args.map(([, value]) => value))
  return { text: `CALL "${call.schema}".read_committed_v1($1::text, $2::text, NULL)`, values: [ask, values] }
}

/** @param place where the text of an argument is read from */
function selectOf({ schema, name, args }: FunctionCall, place: (index: number) => string): string {
  const places = args.map(([type], i) => (type === 'text' ? place(i) : `${place(i)}::${type}`))
  return `SELECT "${schema}".${name}(${places.join(', ')}) AS answer`
}
