import { usageError } from '../failure.js'

/** Where the locks are. */
export type StoreChoice =
  | { readonly kind: 'redis'; readonly url: string; readonly prefix: string | undefined }
  | { readonly kind: 'postgres'; readonly url: string; readonly schema: string | undefined }
  | { readonly kind: 'module'; readonly file: string }

/** The options of every command that name the store. */
export interface StoreOptions {
  readonly redis?: string
  readonly postgres?: string
  readonly module?: string
  readonly prefix?: string
  readonly schema?: string
}

const HELP = 'give --redis, --postgres or --module, or set HOLDFAST_REDIS_URL or HOLDFAST_POSTGRES_URL'

/**
 * The store that the options name, else that of `HOLDFAST_REDIS_URL` or `HOLDFAST_POSTGRES_URL`, else that of `REDIS_URL`
 * or `DATABASE_URL`. Two on one level are refused: locks in different stores do not exclude each other.
 */
export function chooseStore(options: StoreOptions, env: NodeJS.ProcessEnv): StoreChoice {
  const { redis, postgres, module: file } = options
  const levels: readonly Level[] = [
    [
      ['--redis', redis, redisAt],
      ['--postgres', postgres, postgresAt],
      ['--module', file, moduleAt],
    ],
    [
      ['HOLDFAST_REDIS_URL', env['HOLDFAST_REDIS_URL'], redisAt],
      ['HOLDFAST_POSTGRES_URL', env['HOLDFAST_POSTGRES_URL'], postgresAt],
    ],
    [
      ['REDIS_URL', env['REDIS_URL'], redisAt],
      ['DATABASE_URL', env['DATABASE_URL'], postgresAt],
    ],
  ]
  for (const level of levels) {
    const [first, second] = level.filter(([, value]) => value !== undefined && value !== '')
    if (first !== undefined && second !== undefined)
      throw usageError(`${first[0]} and ${second[0]}: which one? ${HELP}`)
    if (first !== undefined) return checked(first[2](first[1] ?? '', first[0], options), options)
  }
  throw usageError(`no store: ${HELP}`)
}

type Maker = (value: string, from: string, options: StoreOptions) => StoreChoice
type Level = readonly (readonly [from: string, value: string | undefined, make: Maker])[]

const redisAt: Maker = (url, from, { prefix }) => {
  if (!isUrl(url, /^rediss?:$/)) throw usageError(`${from} must be a URL such as redis://localhost:6379`)
  return { kind: 'redis', url, prefix }
}

const postgresAt: Maker = (url, from, { schema }) => {
  if (!isUrl(url, /^postgres(ql)?:$/)) throw usageError(`${from} must be a URL such as postgres://localhost/app`)
  return { kind: 'postgres', url, schema }
}

const moduleAt: Maker = (file) => ({ kind: 'module', file })

/** The URL is never quoted in a message: it may carry a password. */
const isUrl = (text: string, protocol: RegExp): boolean => URL.canParse(text) && protocol.test(new URL(text).protocol)

function checked(choice: StoreChoice, { prefix, schema }: StoreOptions): StoreChoice {
  if (prefix !== undefined && choice.kind !== 'redis') throw usageError('--prefix is an option for Redis')
  if (schema !== undefined && choice.kind !== 'postgres') throw usageError('--schema is an option for PostgreSQL')
  return choice
}
