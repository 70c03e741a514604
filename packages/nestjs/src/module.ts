import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common'
import { ModulesContainer } from '@nestjs/core'
import {
  checkIsOptions,
  type HoldfastAsyncOptions,
  type HoldfastOptions,
  type HoldfastRegistration,
  optionsProviders,
  register,
  type Registered,
} from './options.js'
import { getLockerToken } from './tokens.js'

const OPTIONS: unique symbol = Symbol('the options of HoldfastModule')
// Nest shows this text where HoldfastModule is imported without options.
const REGISTERED = 'HoldfastModule.forRoot({ backend })'

/**
 * Gives an application a locker, for `@InjectLocker()` and `@Locked`. Each application gets one of its own, also from the
 * same module. With the end of the application, after its servers have stopped, the locker is closed: it releases what is
 * held, and aborts the signal of each lease whose work is still under way.
 */
export class HoldfastModule implements OnApplicationShutdown {
  readonly #end: () => Promise<void>

  /** Called by Nest. */
  constructor(registered: { end(): Promise<void> }, modules: ModulesContainer) {
    this.#end = () => registered.end()
    refuseTwice(modules)
  }

  /**
   * A module with these options.
   * @example
   * imports: [HoldfastModule.forRoot({ isGlobal: true, backend: ioredisBackend(redis) })]
   * @throws TypeError when there are no options; further mistakes are thrown when the application starts.
   */
  static forRoot(options: HoldfastOptions & HoldfastRegistration): DynamicModule {
    checkIsOptions('HoldfastModule.forRoot', options)
    const { name, isGlobal, ...own } = options
    return definition({ name, isGlobal, useFactory: () => own })
  }

  /**
   * A module whose options come from a function or a class that Nest injects into.
   * @example
   * HoldfastModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ backend: ioredisBackend(new Redis(config.get('REDIS_URL'))) }),
   * })
   * @throws TypeError unless there is exactly one of `useFactory`, `useClass` and `useExisting`.
   */
  static forRootAsync(options: HoldfastAsyncOptions): DynamicModule {
    checkIsOptions('HoldfastModule.forRootAsync', options)
    return definition(options)
  }

  /** Called by Nest. */
  async onApplicationShutdown(): Promise<void> {
    await this.#end()
  }
}

// As plain calls: what is shipped needs no setting of the compiler.
Module({})(HoldfastModule)
Inject(REGISTERED)(HoldfastModule, undefined, 0)
Inject(ModulesContainer)(HoldfastModule, undefined, 1)

function definition(options: HoldfastAsyncOptions): DynamicModule {
  const token = getLockerToken(options.name)
  return {
    module: HoldfastModule,
    global: options.isGlobal === true,
    imports: options.imports ?? [],
    // By factories, so that each application has its own.
    providers: [
      ...optionsProviders(OPTIONS, options),
      { provide: REGISTERED, inject: [OPTIONS], useFactory: register },
      { provide: token, inject: [REGISTERED], useFactory: ({ locker }: Registered) => locker },
    ],
    exports: [token],
  }
}

/** Two lockers under one token: Nest would take one of them, and with `memoryBackend()` they exclude nothing. */
function refuseTwice(modules: ModulesContainer): void {
  const tokens = [...modules.values()]
    .filter(({ metatype }) => metatype === HoldfastModule)
    .flatMap(({ providers }) => [...providers.keys()].filter(isLockerToken))
  const twice = tokens.find((token, index) => tokens.indexOf(token) < index)
  if (twice === undefined) return
  throw new Error(
    `the ${twice} is registered twice in this application: import it once, with isGlobal: true, or give the second a name, as in forRoot({ name: 'reports', … }) and @Locked(…, { locker: 'reports' })`,
  )
}

const isLockerToken = (token: unknown): token is string =>
  typeof token === 'string' && token.startsWith(getLockerToken())
