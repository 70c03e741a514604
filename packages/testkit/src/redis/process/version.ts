/** Redis, and the servers that branched off from it. */
export type Product = 'redis' | 'valkey' | 'redict'

/** The product of a server program, and its own version. */
export interface Version {
  readonly product: Product
  /** The version as the server states it; `'unknown'` when its configuration forbids to ask. */
  readonly version: string
}

/** Reads what `redis-server --version` prints, or `undefined` when that is no such text. */
export function versionOfProgram(text: string): Version | undefined {
  const [, name, version] = /^(redis|valkey|redict) server v=(\S+)/i.exec(text) ?? []
  if (!name || !version) return undefined
  return { product: name.toLowerCase() as Product, version }
}

/** Reads the answer of `INFO server`. The other products state a Redis version too, with which they are compatible. */
export function versionOfInfo(text: string): Version {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.+?)\\r?$`, 'm').exec(text)?.[1]
  for (const product of ['valkey', 'redict'] as const) {
    const version = field(`${product}_version`)
    if (version) return { product, version }
  }
  return { product: 'redis', version: field('redis_version') ?? 'unknown' }
}
