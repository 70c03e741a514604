import { expect, test } from 'vitest'
import {
  type ClientState,
  redisBackend,
  type RedisTransport,
  type ScanPage,
  type Subscriber,
} from '../../src/redis/index.js'
import { claimOf, rejection } from './scripted.js'

/** A transport written as a class, whose private fields only its own instances have. */
class ClassTransport implements RedisTransport {
  readonly clustered = false
  readonly ordered = true
  readonly #name = 'class'
  readonly #connection = {}
  readonly called = new Set<string>()

  get name(): string {
    return this.#called(this.#name)
  }

  get client(): object {
    return this.#connection
  }

  async evalsha(): Promise<unknown> {
    throw new Error(this.#called('refused'))
  }

  async eval(): Promise<unknown> {
    throw new Error(this.#called('refused'))
  }

  state(): ClientState {
    this.#called('state')
    return 'ready'
  }

  connection(): unknown {
    this.#called('connection')
    return this.#connection
  }

  executed(): 'no' {
    this.#called('executed')
    return 'no'
  }

  async scanNodes(): Promise<readonly ScanPage[]> {
    this.#called('scanNodes')
    return []
  }

  openSubscriber(): Subscriber {
    this.#called('openSubscriber')
    return { connect: async () => {}, subscribe: async () => {}, unsubscribe: async () => {}, close: () => {} }
  }

  #called<T extends string>(method: T): T {
    this.called.add(method)
    return method
  }
}

test('a transport may be an instance of a class with private fields', async () => {
  const transport = new ClassTransport()
  const backend = redisBackend(transport)
  expect(backend.name).toBe('class')
  expect(await rejection(backend.acquire(claimOf('name')))).toMatchObject({ executed: 'no', message: 'class: refused' })
  for await (const _ of backend.list?.() ?? []) expect.unreachable()
  const unwatch = await backend.watch?.(() => {})
  await unwatch?.()
  for (const method of ['state', 'connection', 'executed', 'scanNodes', 'openSubscriber'])
    expect(transport.called).toContain(method)
})
