/** Which server program it is, and its own version. */
export interface Version {
  readonly product: 'redis' | 'valkey'
  /** As the server states it; `'unknown'` when it does not tell (its configuration forbids to ask). */
  readonly version: string
}

/** Reads what `redis-server --version` prints, or `undefined` when that is no such text. */
export function versionOfProgram(text: string): Version | undefined {
  const [, name, version] = /^(redis|valkey) server v=(\S+)/i.exec(text) ?? []
  if (!name || !version) return undefined
  return { product: name.toLowerCase() === 'valkey' ? 'valkey' : 'redis', version }
}

/** Reads what `INFO server` answers. Valkey states a Redis version too, the one that it is compatible with. */
export function versionOfInfo(text: string): Version {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.+?)\\r?$`, 'm').exec(text)?.[1]
  const valkey = field('valkey_version')
  if (valkey) return { product: 'valkey', version: valkey }
  return { product: 'redis', version: field('redis_version') ?? 'unknown' }
}
