import type { RedisTransport } from './transport.js'

/** A script as it is sent, and the SHA-1 by which the server knows it. */
export interface LuaScript {
  readonly source: string
  readonly sha1: string
}

/** Runs a script by its hash, and once by its source if the server has forgotten it, as it may at any time. */
export async function runScript(
  transport: RedisTransport,
  script: LuaScript,
  keys: string[],
  args: string[],
): Promise<unknown> {
  try {
    return await transport.evalsha(script.sha1, keys, args)
  } catch (error) {
    if (!(error instanceof Error && /\bNOSCRIPT\b/.test(error.message))) throw error
    return transport.eval(script.source, keys, args)
  }
}
