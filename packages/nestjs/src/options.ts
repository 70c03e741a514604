import { createLocker, type Locker, type LockerOptions } from '@holdfast/core'
import { asyncContext } from '@holdfast/core/async-context'
import type { DynamicModule, InjectionToken, OptionalFactoryDependency, Provider, Type } from '@nestjs/common'

/** How a module is known in its application. */
export interface HoldfastRegistration {
  /** Names the locker, where an application has several: `InjectLocker(name)`, `@Locked(…, { locker: name })`. Default: none. */
  readonly name?: string | undefined
  /** Whether every module sees the locker without importing this one. Default `false`. */
  readonly isGlobal?: boolean | undefined
}

/** How the module ends with its application. */
export interface HoldfastCloseOptions {
  /**
   * Is called at the end of the application, when the locker is closed and has given everything back: the place to end
   * the client behind the backend. Default: nothing.
   * @example
   * afterClose: () => redis.quit()
   */
  readonly afterClose?: (() => unknown) | undefined
}

/**
 * Options with which the module makes a locker, those of `createLocker`. The module closes it at the end of the
 * application. Default of `context`: `asyncContext()`, so that nested calls for one name share its lease.
 */
export interface HoldfastLockerOptions extends LockerOptions, HoldfastCloseOptions {
  readonly locker?: undefined
}

/** A locker that was made elsewhere. The module does not close it: `afterClose: () => locker.close()` does. */
export interface HoldfastReadyLocker extends HoldfastCloseOptions {
  readonly locker: Locker
}

/** Options of a module, without those that say how it is known in its application. */
export type HoldfastOptions = HoldfastLockerOptions | HoldfastReadyLocker

/** A class that answers the options of a module, for `useClass` and `useExisting`. */
export interface HoldfastOptionsFactory {
  createHoldfastOptions(): HoldfastOptions | Promise<HoldfastOptions>
}

/** Options of `HoldfastModule.forRootAsync`: exactly one of `useFactory`, `useClass` and `useExisting`. */
export interface HoldfastAsyncOptions extends HoldfastRegistration {
  /** Modules whose providers are injected. Default: none. */
  readonly imports?: NonNullable<DynamicModule['imports']> | undefined
  /** Tokens of the arguments of `useFactory`. Default: none. */
  readonly inject?: (InjectionToken | OptionalFactoryDependency)[] | undefined
  /** Answers the options, or a promise of them. */
  readonly useFactory?: ((...args: never[]) => HoldfastOptions | Promise<HoldfastOptions>) | undefined
  /** A class that Nest makes, and which answers the options. */
  readonly useClass?: Type<HoldfastOptionsFactory> | undefined
  /** The token of a provider that answers the options. */
  readonly useExisting?: InjectionToken | undefined
}

/** A locker, and how it ends with its application. */
export interface Registered {
  readonly locker: Locker
  end(): Promise<void>
}

/**
 * Makes the locker of a module, or takes the one that is ready.
 * @throws TypeError, RangeError
 */
export function register(options: HoldfastOptions): Registered {
  checkIsOptions('HoldfastModule', options)
  const { afterClose, locker: ready, ...own } = options
  if (afterClose !== undefined && typeof afterClose !== 'function') throw new TypeError('afterClose must be a function')
  if (ready !== undefined) checkReady(ready, own)
  const locker = ready ?? createLocker({ ...(own as LockerOptions), context: contextOf(own as LockerOptions) })
  const close = async (): Promise<void> => {
    if (ready === undefined) await locker.close()
    await afterClose?.()
  }
  let closing: Promise<void> | undefined
  // An application may be closed twice.
  return { locker, end: () => (closing ??= close()) }
}

const contextOf = ({ context }: LockerOptions): LockerOptions['context'] => context ?? asyncContext()

function checkReady(locker: unknown, others: object): void {
  if (typeof (locker as Partial<Locker> | null)?.request !== 'function')
    throw new TypeError('locker must be a locker: createLocker({ backend })')
  const [other] = Object.keys(others)
  if (other !== undefined)
    throw new TypeError(`HoldfastModule takes no option of createLocker beside a ready locker, got ${other}`)
}

/**
 * Refuses options that are no object, and the mistake of a backend or a locker in their place.
 * @throws TypeError
 */
export function checkIsOptions(caller: string, value: unknown): void {
  const given = typeof value === 'object' && value !== null
  if (!given || 'acquire' in value) throw new TypeError(`${caller} needs options, such as { backend } or { locker }`)
}

/** The provider of the options, and the one of the class that answers them, if any. */
export function optionsProviders(token: symbol, options: HoldfastAsyncOptions): Provider[] {
  const { inject = [], useFactory, useClass, useExisting } = options
  const given = [useFactory, useClass, useExisting].filter((each) => each !== undefined)
  if (given.length !== 1)
    throw new TypeError('HoldfastModule.forRootAsync needs exactly one of useFactory, useClass and useExisting')
  if (useFactory !== undefined) return [{ provide: token, inject, useFactory }]
  const factory = useClass ?? (useExisting as InjectionToken)
  const made: Provider[] = useClass === undefined ? [] : [useClass]
  const ask = (from: HoldfastOptionsFactory): HoldfastOptions | Promise<HoldfastOptions> => from.createHoldfastOptions()
  return [...made, { provide: token, inject: [factory], useFactory: ask }]
}
