import { createLocker, isLockError, type Lease, type Locker, memoryBackend, memoryStore } from '@holdfast/core'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Controller, Get, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../test/support/eventually.js'
import {
  currentLease,
  getLockerToken,
  type HoldfastOptions,
  HoldfastModule,
  InjectLocker,
  Locked,
} from '../src/index.js'
import { gate, rootModule, startApp } from './support/apps.js'

const backend = memoryBackend()

@Injectable()
class Jobs {
  constructor(@InjectLocker() readonly locks: Locker) {}

  @Locked('job')
  async run(): Promise<string> {
    return 'done'
  }
}

describe('HoldfastModule gives a locker', () => {
  test('by forRoot, with the options of createLocker', async () => {
    const module = HoldfastModule.forRoot({ backend, label: 'worker 1' })
    await using app = await startApp({ imports: [module], providers: [Jobs] })
    const { locks } = app.get(Jobs)
    await locks.acquire('a')
    expect((await locks.inspect('a'))?.holders.map(({ label }) => label)).toEqual(['worker 1'])
    expect(await app.get(Jobs).run()).toBe('done')
  })

  @Injectable()
  class Settings {
    readonly label = 'from settings'
    createHoldfastOptions(): HoldfastOptions {
      return { backend, label: this.label }
    }
  }
  @Module({ providers: [Settings], exports: [Settings] })
  class SettingsModule {}

  const useFactory = async ({ label }: Settings): Promise<HoldfastOptions> => ({ backend, label })
  test.each([
    ['useFactory', { imports: [SettingsModule], inject: [Settings], useFactory }],
    ['useClass', { useClass: Settings }],
    ['useExisting', { imports: [SettingsModule], useExisting: Settings }],
  ])('by forRootAsync with %s', async (_, options) => {
    await using app = await startApp({ imports: [HoldfastModule.forRootAsync(options)], providers: [Jobs] })
    await using lease: Lease = await app.get(Jobs).locks.acquire('b')
    const holders = (await app.get(Jobs).locks.inspect(lease.name))?.holders
    expect(holders?.map(({ label }) => label)).toEqual(['from settings'])
  })

  test('to every module, with isGlobal', async () => {
    @Module({ providers: [Jobs], exports: [Jobs] })
    class JobsModule {}
    await using app = await startApp({ imports: [HoldfastModule.forRoot({ isGlobal: true, backend }), JobsModule] })
    expect(await app.get(Jobs).run()).toBe('done')
  })

  test('by name, where there are several', async () => {
    @Injectable()
    class Reports {
      @InjectLocker('reports') readonly locks!: Locker

      @Locked('report', { locker: 'reports', ifBusy: 'skip' })
      async run(): Promise<string | undefined> {
        return 'ran'
      }
    }
    const named = HoldfastModule.forRoot({ name: 'reports', backend: memoryBackend() })
    await using app = await startApp({
      imports: [HoldfastModule.forRoot({ backend }), named],
      providers: [Jobs, Reports],
    })
    expect(app.get(Reports).locks).toBe(app.get(getLockerToken('reports')))
    expect(app.get(Reports).locks).not.toBe(app.get(Jobs).locks)
    const elsewhere = await app.get(Jobs).locks.acquire('report')
    expect(await app.get(Reports).run()).toBe('ran')
    await elsewhere.release()
    await app.get(Reports).locks.acquire('report')
    expect(await app.get(Reports).run()).toBeUndefined()
  })

  test('that a test may replace', async () => {
    const locks = createLocker({ backend: memoryBackend() })
    const module = HoldfastModule.forRoot({ locker: locks })
    await using app = await startApp({ imports: [module], providers: [Jobs] })
    expect(app.get(Jobs).locks).toBe(locks)
    await locks.close()
  })
})

describe('app.close()', () => {
  test('frees what is held at once, and aborts the signal of the work', async () => {
    const store = memoryStore()
    const other = createLocker({ backend: memoryBackend({ store }) })
    const module = HoldfastModule.forRoot({ backend: memoryBackend({ store }), ttlMs: 30_000 })
    const app = await startApp({ imports: [module], providers: [Jobs] })
    const lease = await app.get(Jobs).locks.acquire('job')
    const waiting = app.get(Jobs).run()
    waiting.catch(() => {})
    const { signal } = lease
    await app.close()
    expect(isLockError(signal.reason, 'LOCK_CLOSED')).toBe(true)
    await expect(waiting).rejects.toSatisfy((error) => isLockError(error, 'LOCK_CLOSED'))
    expect(await other.tryAcquire('job')).not.toBeNull()
    await other.close()
  })

  test('calls afterClose when everything is given back, once', async () => {
    const order: string[] = []
    const observed = memoryBackend()
    const module = HoldfastModule.forRoot({
      backend: { ...observed, release: (...args) => (order.push('release'), observed.release(...args)) },
      afterClose: () => order.push('afterClose'),
    })
    const app = await startApp({ imports: [module], providers: [Jobs] })
    await app.get(Jobs).locks.acquire('job')
    await app.close()
    await app.close()
    expect(order).toEqual(['release', 'afterClose'])
  })

  test('comes after the hooks in which an application still works', async () => {
    const done: string[] = []
    @Injectable()
    class Farewell {
      constructor(@Inject(Jobs) readonly jobs: Jobs) {}
      async onModuleDestroy(): Promise<void> {
        done.push(await this.jobs.run())
      }
      async beforeApplicationShutdown(): Promise<void> {
        done.push(await this.jobs.run())
      }
    }
    const app = await startApp({ imports: [HoldfastModule.forRoot({ backend })], providers: [Jobs, Farewell] })
    await app.close()
    expect(done).toEqual(['done', 'done'])
  })

  test('comes after the last answer of the server, whose lease is held until then', async () => {
    const { opened, open } = gate()
    let held: boolean | undefined
    let entered = false
    @Controller()
    class Slow {
      @Get()
      @Locked('slow')
      async slow(): Promise<string> {
        const lease = currentLease()
        entered = true
        await opened
        held = lease.held
        return 'answered'
      }
    }
    const metadata = { imports: [HoldfastModule.forRoot({ backend })], controllers: [Slow] }
    const app = await NestFactory.create(rootModule(metadata), { logger: false })
    const server = (await app.listen(0, '127.0.0.1')) as Server
    const answer = fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    await eventually(() => expect(entered).toBe(true))
    const closing = app.close()
    await eventually(() => expect(server.listening).toBe(false))
    open()
    expect(await (await answer).text()).toBe('answered')
    await closing
    expect(held).toBe(true)
  })

  test('comes before the end of a module that the module of the locker imports', async () => {
    const order: string[] = []
    @Module({})
    class ClientModule implements OnApplicationShutdown {
      onApplicationShutdown(): void {
        order.push('client')
      }
    }
    const module = HoldfastModule.forRootAsync({
      imports: [ClientModule],
      useFactory: () => ({ backend, afterClose: () => order.push('locker') }),
    })
    const app = await startApp({ imports: [module] })
    await app.close()
    expect(order).toEqual(['locker', 'client'])
  })

  test('leaves a ready locker to its maker', async () => {
    const locks = createLocker({ backend: memoryBackend() })
    const app = await startApp({ imports: [HoldfastModule.forRoot({ locker: locks })], providers: [Jobs] })
    await app.close()
    expect(await app.get(Jobs).run()).toBe('done')
    await locks.close()
  })
})

describe('mistakes', () => {
  const failing = (imports: NonNullable<Parameters<typeof rootModule>[0]['imports']>, providers = [Jobs]) =>
    startApp({ imports, providers }).then(
      () => 'started',
      (error: Error) => error.message,
    )

  test('no module: the message names the method and the module that is missing', async () => {
    @Injectable()
    class Reports {
      @Locked('report')
      async nightly(): Promise<void> {}
    }
    expect(await failing([], [Reports as never])).toContain(
      'Nest can\'t resolve dependencies of the Reports. Please make sure that the "Symbol(locker for @Locked on Reports.nightly: is HoldfastModule.forRoot imported, with isGlobal: true?)" property',
    )
  })

  test('a name that no module has', async () => {
    @Injectable()
    class Reports {
      @Locked('report', { locker: 'reprots' })
      async nightly(): Promise<void> {}
    }
    const message = await failing([HoldfastModule.forRoot({ name: 'reports', backend })], [Reports as never])
    expect(message).toContain(
      'locker "reprots" for @Locked on Reports.nightly: is HoldfastModule.forRoot({ name: "reprots" }) imported',
    )
    expect(message).toContain('"locker of HoldfastModule.forRoot, name: "reprots"" is a provider')
  })

  test('the module without forRoot', async () => {
    expect(await failing([HoldfastModule])).toContain(
      'Please make sure that the argument "locker of HoldfastModule.forRoot" at index [0] is available in the AppModule',
    )
    expect(await failing([HoldfastModule], [])).toContain(
      'Please make sure that the argument "HoldfastModule.forRoot({ backend })" at index [0] is available',
    )
  })

  test('two modules for one name', async () => {
    const two = [memoryBackend(), memoryBackend()].map((each) => HoldfastModule.forRoot({ backend: each }))
    expect(await failing(two)).toMatch(
      /^the locker of HoldfastModule.forRoot is registered twice in this application: import it once/,
    )
    const named = [memoryBackend(), memoryBackend()].map((each) => HoldfastModule.forRoot({ name: 'a', backend: each }))
    expect(await failing(named, [])).toMatch(/^the locker of HoldfastModule.forRoot, name: "a" is registered twice/)
  })

  test('one module that two others import is one', async () => {
    const shared = HoldfastModule.forRoot({ backend })
    @Module({ imports: [shared], providers: [Jobs] })
    class JobsModule {}
    expect(await failing([shared, JobsModule])).toBe('started')
  })

  test.each<[string, unknown, string]>([
    ['no options', undefined, 'HoldfastModule.forRoot needs options, such as { backend } or { locker }'],
    ['a backend as options', backend, 'HoldfastModule.forRoot needs options, such as { backend } or { locker }'],
    ['a name that is empty', { name: '', backend }, 'the name of a locker must be a text that is not empty'],
  ])('%s, when the module is defined', (_, options, message) => {
    expect(() => HoldfastModule.forRoot(options as never)).toThrow(message)
  })

  test.each<[string, unknown, string]>([
    ['no backend', {}, 'createLocker needs a backend, got undefined: pass one, such as memoryBackend()'],
    ['an unknown option', { backend, ttl: 5 }, 'createLocker has no option "ttl": did you mean "ttlMs"?'],
    ['a locker that is none', { locker: backend }, 'locker must be a locker: createLocker({ backend })'],
    [
      'options beside a ready locker',
      { locker: createLocker({ backend }), ttlMs: 5 },
      'HoldfastModule takes no option of createLocker beside a ready locker, got ttlMs',
    ],
    ['afterClose that is no function', { backend, afterClose: 5 }, 'afterClose must be a function'],
  ])('%s, when the application starts', async (_, options, message) => {
    expect(await failing([HoldfastModule.forRoot(options as never)])).toContain(message)
  })

  test('not exactly one of useFactory, useClass and useExisting', () => {
    const message = 'HoldfastModule.forRootAsync needs exactly one of useFactory, useClass and useExisting'
    expect(() => HoldfastModule.forRootAsync({})).toThrow(message)
    const two = { useFactory: () => ({ backend }), useExisting: 'settings' }
    expect(() => HoldfastModule.forRootAsync(two)).toThrow(message)
  })
})
