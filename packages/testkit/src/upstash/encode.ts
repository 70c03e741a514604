import type { Reply } from '../redis/wire/resp.js'

/** The form of a reply of Redis in an answer. */
export type Json = string | number | null | readonly Json[]

/**
 * A reply in the form of the REST protocol. With base64, every string is encoded, those within arrays too; only a
 * top-level `OK` stays literal. Numbers and null are plain either way.
 */
export function encodeReply(reply: Reply, base64: boolean): Json {
  return reply === 'OK' ? reply : encodeNested(reply, base64)
}

function encodeNested(reply: Reply, base64: boolean): Json {
  if (reply === null || typeof reply === 'number') return reply
  if (Array.isArray(reply)) return reply.map((each: Reply) => encodeNested(each, base64))
  const text = reply instanceof Error ? reply.message : String(reply)
  return base64 ? Buffer.from(text).toString('base64') : text
}
