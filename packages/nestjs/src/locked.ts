import {
  type AcquireOptions,
  checkAcquireOptions,
  checkNames,
  isLockError,
  type Lease,
  type Locker,
} from '@holdfast/core'
import { Inject } from '@nestjs/common'
import { runWithLease } from './current-lease.js'
import { standInFor } from './stand-in.js'
import { getLockerToken } from './tokens.js'

/** How a call ends whose name is still held by another lease after `waitMs`. */
export type IfBusy = 'wait' | 'skip' | 'throw'

/** Options of {@link Locked}: those of `acquire`, and two of its own. An unknown option is a `TypeError`. */
export interface LockedOptions extends Omit<AcquireOptions, 'signal' | 'within'> {
  /**
   * Default `'wait'`.
   *
   * - `'wait'`: waits `waitMs`, by default as long as the locker says (30 s), then rejects with `LOCK_BUSY`.
   * - `'throw'`: the same, and `waitMs` is 0 by default.
   * - `'skip'`: answers `undefined` instead of rejecting, and does not run the method; `waitMs` is 0 by default.
   */
  readonly ifBusy?: IfBusy | undefined
  /** The `name` of the module whose locker it is. Default: that of the module without a name. */
  readonly locker?: string | undefined
}

/** A name, or several, of which a call gets all or none. */
export type LockNames = string | readonly string[]

/** A decorator for methods that answer a promise, and whose arguments fit the function that makes the name. */
export type LockedMethod<A extends readonly unknown[]> = <M extends (...args: [...A, ...never[]]) => Promise<unknown>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<M>,
) => void

/** The same for `ifBusy: 'skip'`, where the promise has to admit `undefined`. */
export type SkippedMethod<A extends readonly unknown[]> = <M extends (...args: [...A, ...never[]]) => Promise<unknown>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<M> &
    (undefined extends Awaited<ReturnType<M>> ? unknown : { readonly 'a skipped call answers undefined': M }),
) => void

/**
 * Lets a method run only while it holds a name: at once by one caller, over all processes that share the store. The name is
 * released when the promise of the method settles. `currentLease()` is the lease.
 *
 * It stands above or below other decorators: what they wrote on the method stays. The class has to be made by Nest, and
 * `HoldfastModule` imported by its module, or global.
 *
 * @param name the name, several names, or a function of the arguments of the method that answers one of both. It is called
 * with the `this` of the method.
 * @example
 * @Cron('0 3 * * *')
 * @Locked('nightly report', { ifBusy: 'skip', minHoldMs: 60_000 })
 * async report(): Promise<void> {}
 * @throws TypeError, RangeError for mistakes, when the class is defined. The method rejects with its own error, else like
 * `request` of a locker.
 */
export function Locked<A extends readonly unknown[] = []>(
  name: LockNames | ((...args: A) => LockNames),
  options: LockedOptions & { readonly ifBusy: 'skip' },
): SkippedMethod<A>
/** As above, with `ifBusy` `'wait'`, the default, or `'throw'`: no call is skipped. */
export function Locked<A extends readonly unknown[] = []>(
  name: LockNames | ((...args: A) => LockNames),
  options?: LockedOptions,
): LockedMethod<A>
export function Locked(
  name: LockNames | ((...args: never[]) => LockNames),
  options: LockedOptions = {},
): LockedMethod<never[]> {
  const { namesOf, token, skips, acquireOptions } = settingsOf(name, options)
  return (target, key, descriptor) => {
    const method = methodOf(target, key, descriptor)
    const where = `${target.constructor.name}.${String(key)}`
    // Nest shows this text where it finds no locker. A key of each method's own: a subclass may ask for another locker.
    const LOCKER = Symbol(missingLocker(where, options.locker))
    Inject(token)(target, LOCKER)

    const locked = async function (this: Record<symbol, Locker> | undefined, ...args: never[]): Promise<unknown> {
      const locks = this?.[LOCKER]
      if (locks === undefined) throw new Error(noLocker(where))
      let began = false
      const work = (lease: Lease): Promise<unknown> => {
        began = true
        return runWithLease(lease, () => method.apply(this, args))
      }
      try {
        return await locks.request(namesOf(this, args), acquireOptions, work)
      } catch (error) {
        if (skips && !began && isLockError(error, 'LOCK_BUSY')) return undefined
        throw error
      }
    }
    // The descriptor itself is changed: applyDecorators of Nest ignores what a decorator answers.
    descriptor.value = standInFor(method, locked) as never
  }
}

type Args = readonly never[]

interface Settings {
  readonly namesOf: (self: unknown, args: Args) => LockNames
  readonly token: string
  readonly skips: boolean
  readonly acquireOptions: AcquireOptions
}

function settingsOf(name: unknown, options: LockedOptions): Settings {
  const isMaker = typeof name === 'function'
  if (typeof name !== 'string' && !isMaker && !Array.isArray(name))
    throw new TypeError('@Locked needs a name, or a function of the arguments that answers it: @Locked(name, options?)')
  checkAcquireOptions('@Locked', options, ['ifBusy', 'locker'])
  const { ifBusy = 'wait', locker, ...acquireOptions } = options
  if (!['wait', 'skip', 'throw'].includes(ifBusy)) throw new TypeError(`ifBusy must be 'wait', 'skip' or 'throw'`)
  const waits = ifBusy === 'wait' ? {} : { waitMs: 0 }
  const { waitMs } = acquireOptions
  const names = isMaker ? '' : checkNames(name)
  return {
    namesOf: isMaker ? (self, args) => name.apply(self, args) as LockNames : () => names,
    token: getLockerToken(locker),
    skips: ifBusy === 'skip',
    acquireOptions: waitMs === undefined ? { ...acquireOptions, ...waits } : acquireOptions,
  }
}

type Method = (this: unknown, ...args: never[]) => Promise<unknown>

function methodOf(target: unknown, key: unknown, descriptor: { readonly value?: unknown } | undefined): Method {
  if (typeof key === 'object' && key !== null)
    throw new TypeError('@Locked needs "experimentalDecorators": true in tsconfig.json, as NestJS does')
  const method: unknown = descriptor?.value
  if (typeof method === 'function' && typeof target === 'object') return method as Method
  const what = key === undefined ? 'a class' : typeof target === 'function' ? 'a static member' : 'a property'
  throw new TypeError(`@Locked stands on methods of instances, not on ${what}`)
}

function missingLocker(where: string, locker: string | undefined): string {
  if (locker === undefined)
    return `locker for @Locked on ${where}: is HoldfastModule.forRoot imported, with isGlobal: true?`
  const name = JSON.stringify(locker)
  return `locker ${name} for @Locked on ${where}: is HoldfastModule.forRoot({ name: ${name} }) imported, with isGlobal: true?`
}

const noLocker = (where: string): string =>
  `${where} is @Locked and was called without a locker, which Nest gives to each instance that it makes, after the constructor: call it on such an instance (a provider or controller by its class, or ModuleRef.create; not new, useFactory or a method without its object), and not in the constructor`
