// The faults that the proxies, the gateway and the servers of the test kit bring on a store.
/**
 * @typedef {import('@holdfast/testkit/faults').FaultProxy} Proxy
 * @typedef {import('@holdfast/testkit/redis').RedisServer} Server
 * @typedef {import('@holdfast/testkit/torture').StoreFault} StoreFault
 * @typedef {import('@holdfast/testkit/upstash').UpstashGateway} Gateway
 * @typedef {(below: number) => number} Random
 */
import { connectRaw } from '@holdfast/testkit/redis'

const SCRIPT = /^EVAL(SHA)? /
const STRIKE_MS = 4_000

/** @param {number} ms @returns {Promise<void>} */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** @template T @param {Random} random @param {readonly [T, ...T[]]} items @returns {T} */
export const pick = (random, items) => items[random(items.length)] ?? items[0]

/**
 * Lets an armed fault strike for a while, then disarms it.
 * @param {{ fired: number, whenFired(count?: number): Promise<void>, cancel(): void }} fault @param {number} times
 */
async function struck(fault, times) {
  await Promise.race([fault.whenFired(times).catch(() => {}), pause(STRIKE_MS)])
  fault.cancel()
  return fault.fired
}

/**
 * Faults of the network between clients and a server.
 * @param {(random: Random) => Promise<Proxy>} which the proxy before a server that serves now
 * @returns {StoreFault[]}
 */
export function networkFaults(which) {
  /** @param {(proxy: Proxy, random: Random) => Promise<number | void>} act @returns {StoreFault['run']} */
  const on = (act) => async (random) => act(await which(random), random)
  return [
    {
      kind: 'lost replies',
      weight: 4,
      run: on((proxy, random) => lost(proxy, random, (rest) => proxy.loseReply({ ...rest, times: 3 }))),
    },
    {
      kind: 'lost commands',
      weight: 2,
      run: on((proxy, random) => lost(proxy, random, (rest) => proxy.loseRequest({ ...rest, times: 3 }))),
    },
    { kind: 'cut connections', weight: 2, run: on(async (proxy) => proxy.cutAll()) },
    {
      kind: 'late replies',
      weight: 4,
      run: on((proxy, random) =>
        struck(proxy.delay({ direction: 'reply', match: SCRIPT, ms: 20 + random(900), times: 4 }), 4),
      ),
    },
    {
      kind: 'late commands',
      weight: 4,
      run: on((proxy, random) =>
        struck(proxy.delay({ direction: 'request', match: SCRIPT, ms: 20 + random(900), times: 4 }), 4),
      ),
    },
    {
      kind: 'commands sent twice',
      weight: 3,
      run: on((proxy) => struck(proxy.duplicate({ match: SCRIPT, times: 6 }), 6)),
    },
    {
      kind: 'commands sent again later',
      weight: 3,
      run: on(async (proxy, random) => {
        const copies = proxy.duplicate({ match: SCRIPT, times: 6, when: 'later' })
        await struck(copies, 6)
        await pause(random(1_500))
        await copies.deliver().catch(() => {})
        return copies.fired
      }),
    },
    {
      kind: 'a black hole',
      weight: 2,
      run: on(async (proxy, random) => {
        const hole = proxy.blackhole(pick(random, /** @type {const} */ ([undefined, 'request', 'reply'])))
        await pause(200 + random(2_500))
        proxy.heal()
        return hole.fired
      }),
    },
    {
      kind: 'half-open connections',
      weight: 1,
      run: on(async (proxy, random) => {
        const count = proxy.halfOpen()
        await pause(200 + random(2_500))
        proxy.cutAll()
        return count
      }),
    },
    {
      kind: 'refused connections',
      weight: 1,
      run: on(async (proxy, random) => {
        const count = proxy.refuse()
        await pause(100 + random(2_000))
        await proxy.accept()
        return count
      }),
    },
  ]
}

/**
 * Loses a few messages. A client that hears nothing more on a connection that stands would wait for ever: after a
 * while it is cut.
 * @param {Proxy} proxy @param {Random} random
 * @param {(rest: { match: RegExp, ending: 'cut' | 'swallow' | 'half-open' }) => Parameters<typeof struck>[0]} arm
 */
async function lost(proxy, random, arm) {
  const ending = pick(random, /** @type {const} */ (['cut', 'cut', 'swallow', 'half-open']))
  const count = await struck(arm({ match: SCRIPT, ending }), 3)
  if (ending === 'cut') return count
  await pause(random(1_500))
  proxy.cutAll()
  return count
}

/** @param {Gateway} gateway @returns {StoreFault[]} */
export function gatewayFaults(gateway) {
  return [
    { kind: 'lost replies over HTTP', weight: 2, run: () => struck(gateway.loseReply({ times: 3 }), 3) },
    { kind: 'lost requests over HTTP', weight: 1, run: () => struck(gateway.loseRequest({ times: 2 }), 2) },
    {
      kind: 'refusals over HTTP',
      weight: 1,
      run: (random) => struck(gateway.answer({ status: pick(random, [429, 500, 502]), times: 2 }), 2),
    },
    {
      kind: 'hanging requests over HTTP',
      weight: 1,
      run: (random) => struck(gateway.hang({ times: 2, executed: random(2) === 0 }), 2),
    },
    {
      kind: 'slow answers over HTTP',
      weight: 2,
      run: (random) =>
        struck(gateway.slow({ ms: 50 + random(900), times: 3, direction: random(2) === 0 ? 'request' : 'reply' }), 3),
    },
  ]
}

/**
 * A server that does not run for a while, and goes on with what it had.
 * @param {(random: Random) => Promise<Server>} which @returns {StoreFault}
 */
export function frozenServer(which) {
  return {
    kind: 'a frozen server',
    weight: 2,
    run: async (random) => {
      const server = await which(random)
      await server.pause()
      await pause(100 + random(random(3) === 0 ? 3_000 : 700))
      await server.resume()
    },
  }
}

/** @param {() => Promise<readonly Server[]>} which @returns {StoreFault} */
export function flush(which) {
  return {
    kind: 'a flush',
    loses: true,
    weight: 2,
    run: async () => {
      for (const server of await which()) await tell(server, 'FLUSHALL')
    },
  }
}

/** @param {() => Promise<readonly Server[]>} which @returns {StoreFault} */
export function scriptFlush(which) {
  return {
    kind: 'forgotten scripts',
    weight: 1,
    run: async () => {
      for (const server of await which()) await tell(server, 'SCRIPT', 'FLUSH')
    },
  }
}

/** @param {Server} server @param {readonly string[]} words */
export async function tell({ port }, ...words) {
  const client = await connectRaw(port)
  try {
    return await client.command(...words)
  } finally {
    client.close()
  }
}
