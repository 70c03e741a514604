/**
 * A reply of a Redis server. An error inside an array is a value; maps, sets and pushes of RESP3 are flat arrays.
 * Integers beyond 2^53 are bigints.
 */
export type Reply = string | number | bigint | boolean | null | Error | readonly Reply[]

/** A whole reply in a byte stream. */
export interface ReplyFrame {
  readonly value: Reply
  /** Whether the reply is a RESP3 push message, which answers no command. */
  readonly push: boolean
  /** The offset behind the last byte of the reply. */
  readonly end: number
}

/** A whole command in a byte stream. */
export interface CommandFrame {
  readonly words: readonly string[]
  readonly end: number
}

const scalars: Readonly<Record<string, (text: string) => Reply>> = {
  '+': (text) => text,
  '-': replyError,
  ':': integer,
  '(': (text) => BigInt(text),
  ',': (text) => Number(text.replace('inf', 'Infinity')),
  '#': (text) => text === 't',
  _: () => null,
}
const bulks = '$!='
const aggregates = '*~>%|'

/**
 * Reads the reply (RESP2 or RESP3) that starts at `start`: `undefined` while it is incomplete. Throws a `SyntaxError`
 * when the bytes are no reply.
 */
export function readReply(bytes: Buffer, start = 0): ReplyFrame | undefined {
  const lineEnd = bytes.indexOf('\r\n', start)
  if (lineEnd < 0) return undefined
  const type = bytes.toString('latin1', start, start + 1)
  const text = bytes.toString('utf8', start + 1, lineEnd)
  const end = lineEnd + 2
  const scalar = scalars[type]
  if (scalar) return { value: scalar(text), push: false, end }
  const count = Number(text)
  if (!Number.isInteger(count)) throw new SyntaxError(`not a Redis reply: ${JSON.stringify(type + text)}`)
  if (bulks.includes(type)) return readBulk(bytes, end, type, count)
  if (aggregates.includes(type)) return readAggregate(bytes, end, type, count)
  throw new SyntaxError(`not a Redis reply: ${JSON.stringify(type + text)}`)
}

/** Reads the command (an array of bulk strings, or a plain line) that starts at `start`, or `undefined` as above. */
export function readCommand(bytes: Buffer, start = 0): CommandFrame | undefined {
  if (bytes[start] !== 0x2a) return readInline(bytes, start)
  const frame = readReply(bytes, start)
  if (!frame) return undefined
  return { words: Array.isArray(frame.value) ? frame.value.map(String) : [], end: frame.end }
}

/** A command as an array of bulk strings. */
export function encodeCommand(words: readonly string[]): Buffer {
  const bulk = (word: string): string => `$${Buffer.byteLength(word)}\r\n${word}\r\n`
  return Buffer.from(`*${words.length}\r\n${words.map(bulk).join('')}`)
}

function readInline(bytes: Buffer, start: number): CommandFrame | undefined {
  const lineEnd = bytes.indexOf('\n', start)
  if (lineEnd < 0) return undefined
  const words = bytes.toString('utf8', start, lineEnd).split(/\s+/).filter(Boolean)
  return { words, end: lineEnd + 1 }
}

function readBulk(bytes: Buffer, start: number, type: string, length: number): ReplyFrame | undefined {
  if (length < 0) return { value: null, push: false, end: start }
  const end = start + length + 2
  if (bytes.length < end) return undefined
  const text = bytes.toString('utf8', start, end - 2)
  // A verbatim string names its format in four characters first.
  const value = type === '!' ? replyError(text) : type === '=' ? text.slice(4) : text
  return { value, push: false, end }
}

function readAggregate(bytes: Buffer, start: number, type: string, count: number): ReplyFrame | undefined {
  if (count < 0) return { value: null, push: false, end: start }
  const value: Reply[] = []
  const length = '%|'.includes(type) ? count * 2 : count
  let end = start
  while (value.length < length) {
    const element = readReply(bytes, end)
    if (!element) return undefined
    value.push(element.value)
    end = element.end
  }
  // Attributes precede the reply that they describe.
  return type === '|' ? readReply(bytes, end) : { value, push: type === '>', end }
}

function replyError(text: string): Error {
  return Object.assign(new Error(text), { name: 'ReplyError' })
}

function integer(text: string): number | bigint {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : BigInt(text)
}
