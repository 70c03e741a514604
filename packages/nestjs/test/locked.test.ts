import { isLockError, type Locker, memoryBackend, memoryStore } from '@holdfast/core'
import { applyDecorators, Inject, Injectable, Scope, SetMetadata } from '@nestjs/common'
import { ModuleRef } from '@nestjs/core'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.js'
import { currentLease, getLockerToken, HoldfastModule, Locked } from '../src/index.js'
import { gate, startApp } from './support/apps.js'

const holdfast = () => HoldfastModule.forRoot({ backend: memoryBackend() })

/** Starts an application with a locker and the class; answers the instance of the class. */
async function start<T extends object>(type: new (...args: never[]) => T) {
  const app = await startApp({ imports: [holdfast()], providers: [type] })
  return { app, it: app.get(type), locks: app.get<Locker>(getLockerToken()), [Symbol.asyncDispose]: () => app.close() }
}

describe('a method with @Locked', () => {
  @Injectable()
  class Sums {
    readonly base = 40

    @Locked((a: number) => `sum ${a}`)
    async add(a: number, b: number): Promise<number> {
      if (b < 0) throw new RangeError('negative')
      return this.base + a + b
    }

    @Locked(function (this: Sums, a: number) {
      return [`base ${this.base}`, `a ${a}`]
    })
    async names(_a: number): Promise<readonly string[]> {
      return currentLease().names
    }
  }

  test('has its object, its arguments, its result and its errors', async () => {
    await using app = await start(Sums)
    expect(await app.it.add(1, 1)).toBe(42)
    await expect(app.it.add(1, -1)).rejects.toThrow(new RangeError('negative'))
    expect(await app.it.add(1, 1)).toBe(42)
  })

  test('has the names that its function makes of object and arguments', async () => {
    await using app = await start(Sums)
    expect(await app.it.names(7)).toEqual(['base 40', 'a 7'])
  })

  test('runs one call at a time for a name, and others beside it', async () => {
    const { opened, open } = gate()
    let most = 0
    let now = 0
    @Injectable()
    class Jobs {
      @Locked((id: string) => id)
      async run(_id: string): Promise<void> {
        most = Math.max(most, ++now)
        await opened
        now -= 1
      }
    }
    await using app = await start(Jobs)
    const calls = ['a', 'a', 'b'].map((id) => app.it.run(id))
    await eventually(() => expect(now).toBe(2))
    open()
    await Promise.all(calls)
    expect(most).toBe(2)
  })

  test('rejects a bad name before it runs', async () => {
    @Injectable()
    class Jobs {
      @Locked((id: string) => id)
      async run(_id: string): Promise<void> {}
    }
    await using app = await start(Jobs)
    await expect(app.it.run(undefined as never)).rejects.toThrow("a lock's name must be a string, got undefined")
  })
})

describe('ifBusy', () => {
  @Injectable()
  class Jobs {
    runs = 0

    @Locked('job', { ifBusy: 'skip' })
    async skip(): Promise<string | undefined> {
      return `run ${++this.runs}`
    }

    @Locked('job', { ifBusy: 'skip', waitMs: 20_000 })
    async skipLater(): Promise<string | undefined> {
      return `run ${++this.runs}`
    }

    @Locked('job', { ifBusy: 'throw' })
    async throw(): Promise<string> {
      return `run ${++this.runs}`
    }

    @Locked('job')
    async wait(): Promise<string> {
      return `run ${++this.runs}`
    }

    @Locked('job', { waitMs: 10 })
    async waitShortly(): Promise<string> {
      return `run ${++this.runs}`
    }

    @Locked('other', { ifBusy: 'skip' })
    async nested(): Promise<string | undefined> {
      return this.throw()
    }
  }

  test("'skip' answers undefined at once, without a run", async () => {
    await using app = await start(Jobs)
    const lease = await app.locks.acquire('job')
    expect(await app.it.skip()).toBeUndefined()
    await lease.release()
    expect(await app.it.skip()).toBe('run 1')
  })

  test("'skip' with waitMs waits first", async () => {
    await using app = await start(Jobs)
    const lease = await app.locks.acquire('job')
    const call = app.it.skipLater()
    await lease.release()
    expect(await call).toBe('run 1')
  })

  test("'throw' rejects with LOCK_BUSY at once", async () => {
    await using app = await start(Jobs)
    await app.locks.acquire('job')
    await expect(app.it.throw()).rejects.toSatisfy((error) => isLockError(error, 'LOCK_BUSY'))
    expect(app.it.runs).toBe(0)
  })

  test("'wait', the default, waits, and rejects with LOCK_BUSY after waitMs", async () => {
    await using app = await start(Jobs)
    const lease = await app.locks.acquire('job')
    await expect(app.it.waitShortly()).rejects.toSatisfy((error) => isLockError(error, 'LOCK_BUSY'))
    const call = app.it.wait()
    await lease.release()
    expect(await call).toBe('run 1')
  })

  test("'skip' does not hide a LOCK_BUSY of the method itself", async () => {
    await using app = await start(Jobs)
    await app.locks.acquire('job')
    await expect(app.it.nested()).rejects.toSatisfy((error) => isLockError(error, 'LOCK_BUSY'))
  })
})

describe('minHoldMs', () => {
  const runs: string[] = []
  @Injectable()
  class Ticks {
    @Locked('tick', { ifBusy: 'skip' })
    async bare(): Promise<void> {
      runs.push('bare')
    }

    @Locked('tick', { ifBusy: 'skip', minHoldMs: 60_000 })
    async kept(): Promise<void> {
      runs.push('kept')
    }
  }

  // Two replicas, of which the second is late: the first has finished by then.
  test('keeps a run that was short from being repeated by a replica that is late', async () => {
    const store = memoryStore()
    const replica = () =>
      startApp({ imports: [HoldfastModule.forRoot({ backend: memoryBackend({ store }) })], providers: [Ticks] })
    await using first = await replica()
    await using second = await replica()
    for (const app of [first, second]) await app.get(Ticks).bare()
    expect(runs.splice(0)).toEqual(['bare', 'bare'])
    for (const app of [first, second]) await app.get(Ticks).kept()
    expect(runs.splice(0)).toEqual(['kept'])
  })
})

describe('currentLease', () => {
  @Injectable()
  class Jobs {
    @Locked('outer')
    async outer(): Promise<string[]> {
      const before = currentLease().name
      const inner = await this.inner()
      return [before, ...inner, currentLease().name]
    }

    @Locked('inner')
    async inner(): Promise<string[]> {
      await new Promise(setImmediate)
      return [currentLease().name]
    }

    @Locked('outer', { waitMs: 0 })
    async again(): Promise<boolean> {
      return currentLease().held
    }

    @Locked('outer')
    async nested(): Promise<boolean> {
      return this.again()
    }
  }

  test('is that of the innermost method, also after other work', async () => {
    await using app = await start(Jobs)
    expect(await app.it.outer()).toEqual(['outer', 'inner', 'outer'])
  })

  test('of two calls side by side is that of each', async () => {
    await using app = await start(Jobs)
    expect(await Promise.all([app.it.outer(), app.it.inner()])).toEqual([['outer', 'inner', 'outer'], ['inner']])
  })

  test('is shared by a nested method of the same name, which does not wait for itself', async () => {
    await using app = await start(Jobs)
    expect(await app.it.nested()).toBe(true)
  })

  test('throws outside', () => {
    expect(() => currentLease()).toThrow('currentLease() was called outside of a method with @Locked')
  })
})

describe('other decorators', () => {
  const Above = SetMetadata('above', 1)
  const Below = SetMetadata('below', 2)
  const Marked: MethodDecorator = (_target, _key, descriptor) =>
    void Object.assign(descriptor.value as object, { marked: true })
  class Jobs {
    @Above
    @Locked('job')
    @Below
    @Marked
    async run(_a: string, _b: string): Promise<void> {}

    @applyDecorators(Above, Locked('job') as MethodDecorator, Below)
    async composed(_a: string, _b: string): Promise<void> {}
  }

  test.each(['run', 'composed'] as const)(
    'keep what they wrote, above and below, as name and length stay: %s',
    (key) => {
      const method = Jobs.prototype[key]
      expect(Reflect.getMetadata('above', method)).toBe(1)
      expect(Reflect.getMetadata('below', method)).toBe(2)
      expect([method.name, method.length]).toEqual([key, 2])
      expect(Object.keys(Jobs.prototype)).toEqual([])
    },
  )

  test('keep the properties of the function', () => {
    expect(Reflect.get(Jobs.prototype.run, 'marked')).toBe(true)
  })
})

describe('the class with @Locked', () => {
  class Base {
    @Locked('base')
    async run(): Promise<string> {
      return currentLease().name
    }
  }

  @Injectable()
  class Derived extends Base {
    @Inject(ModuleRef) readonly modules!: ModuleRef

    @Locked('derived')
    override async run(): Promise<string> {
      return `${currentLease().name} over ${await super.run()}`
    }

    @Locked('own')
    async own(): Promise<string> {
      return currentLease().name
    }
  }

  @Injectable()
  class Plain extends Base {}

  test('may inherit its methods, and override them', async () => {
    await using app = await startApp({ imports: [holdfast()], providers: [Plain, Derived] })
    expect(await app.get(Plain).run()).toBe('base')
    expect(await app.get(Derived).run()).toBe('derived over base')
    expect(await app.get(Derived).own()).toBe('own')
    expect(app.get(Derived).modules).toBeInstanceOf(ModuleRef)
  })

  test('may be scoped to a request, transient, or made by ModuleRef.create', async () => {
    class Job {
      @Locked('job')
      async run(): Promise<string> {
        return currentLease().name
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest extends Job {}
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient extends Job {}
    await using app = await startApp({ imports: [holdfast()], providers: [PerRequest, Transient] })
    const [one, other] = await Promise.all([app.resolve(PerRequest), app.resolve(PerRequest)])
    expect(one).not.toBe(other)
    const made = await app.get(ModuleRef).create(Job)
    for (const each of [one, other, await app.resolve(Transient), made]) expect(await each.run()).toBe('job')
  })

  test('may run it while the application starts', async () => {
    const seen: string[] = []
    @Injectable()
    class Migration {
      @Locked('migration')
      async onModuleInit(): Promise<void> {
        seen.push(currentLease().name)
      }
    }
    await (await start(Migration)).app.close()
    expect(seen).toEqual(['migration'])
  })

  test('has no locker in its constructor, by new, by useFactory, and without its object', async () => {
    let early: Promise<unknown> | undefined
    @Injectable()
    class Jobs {
      constructor() {
        early = this.run()
        early.catch(() => {})
      }

      @Locked('job')
      async run(): Promise<void> {}
    }
    const message = /^Jobs\.run is @Locked and was called without a locker, which Nest gives to each instance/
    await using app = await start(Jobs)
    await expect(early).rejects.toThrow(message)
    await expect(new Jobs().run()).rejects.toThrow(message)
    const { run } = app.it
    await expect(run.call(undefined as never)).rejects.toThrow(message)
    await using other = await startApp({
      imports: [holdfast()],
      providers: [{ provide: Jobs, useFactory: () => new Jobs() }],
    })
    await expect(other.get(Jobs).run()).rejects.toThrow(message)
  })

  test('is the same in two applications, each with its own locker', async () => {
    @Injectable()
    class Jobs {
      @Locked('job', { ifBusy: 'skip' })
      async run(): Promise<string | undefined> {
        return currentLease().name
      }
    }
    const module = holdfast()
    await using first = await startApp({ imports: [module], providers: [Jobs] })
    await using second = await startApp({ imports: [module], providers: [Jobs] })
    expect(first.get<Locker>(getLockerToken())).not.toBe(second.get<Locker>(getLockerToken()))
    await first.close()
    await expect(first.get(Jobs).run()).rejects.toSatisfy((error) => isLockError(error, 'LOCK_CLOSED'))
    expect(await second.get(Jobs).run()).toBe('job')
  })
})

describe('mistakes are thrown when the class is defined', () => {
  const apply = (decorator: unknown, ...args: unknown[]) => (decorator as (...all: unknown[]) => void)(...args)
  const lock = (...args: unknown[]) => (Locked as (...all: unknown[]) => unknown)(...args)

  test.each([
    [[], '@Locked needs a name, or a function of the arguments that answers it: @Locked(name, options?)'],
    [[{ ifBusy: 'skip' }], '@Locked needs a name, or a function of the arguments'],
    [[''], "a lock's name must not be empty"],
    [[[]], 'a list of names must not be empty'],
    [[['a', 5]], "a lock's name must be a string, got 5"],
    [['a', { signal: AbortSignal.abort() }], '@Locked has no option "signal"'],
    [['a', { within: {} }], '@Locked has no option "within"'],
    [['a', { ifBusy: 'wiat' }], "ifBusy must be 'wait', 'skip' or 'throw'"],
    [['a', { ttl: 5 }], '@Locked has no option "ttl": did you mean "ttlMs"?'],
    [['a', { ifbusy: 'skip' }], '@Locked has no option "ifbusy": did you mean "ifBusy"?'],
    [['a', { keepMs: 5 }], '@Locked has no option "keepMs": did you mean "minHoldMs"?'],
    [['a', { ttlMs: 5 }], 'ttlMs must be an integer from 10 to 2147483647, got 5'],
    [['a', { limit: 3 }], "limit needs mode: 'shared'"],
    [['a', 5], 'the options of @Locked must be an object, got 5'],
    [['a', { locker: '' }], 'the name of a locker must be a text that is not empty'],
  ])('%j', (args, message) => {
    expect(() => lock(...(args as unknown[]))).toThrow(message)
  })

  test('on a class, a static member, a property, and without experimentalDecorators', () => {
    const locked = Locked('a')
    class Jobs {}
    expect(() => apply(locked, Jobs)).toThrow('@Locked stands on methods of instances, not on a class')
    expect(() => apply(locked, Jobs, 'run', { value: () => {} })).toThrow('not on a static member')
    expect(() => apply(locked, Jobs.prototype, 'run')).toThrow('not on a property')
    expect(() => apply(locked, Jobs.prototype, 'run', { get: () => 5 })).toThrow('not on a property')
    expect(() => apply(locked, () => {}, { kind: 'method' })).toThrow('"experimentalDecorators": true')
  })
})

// Checked by `npm run types`.
export class Types {
  // @ts-expect-error a method that answers no promise would answer one
  @Locked('a')
  sync(): number {
    return 1
  }

  // @ts-expect-error a skipped call answers undefined
  @Locked('a', { ifBusy: 'skip' })
  async skipped(): Promise<number> {
    return 1
  }

  @Locked('a', { ifBusy: 'skip' })
  async nothing(): Promise<void> {}

  // @ts-expect-error the argument is a number
  @Locked((id: string) => id)
  async wrong(_id: number): Promise<void> {}

  @Locked((id: string) => id)
  async right(_id: string, _more: number): Promise<void> {}
}
