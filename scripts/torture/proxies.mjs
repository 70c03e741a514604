import { startFaultProxy } from '@holdfast/testkit/faults'

/**
 * A proxy in front of each node, and where clients are to dial instead of the nodes' own addresses.
 * @param {readonly import('@holdfast/testkit/redis').RedisServer[]} nodes
 */
export async function proxiesOf(nodes) {
  const proxies = await Promise.all(nodes.map((target) => startFaultProxy({ target })))
  const places = nodes.map(({ host, port }, index) => {
    const proxy = proxies[index]
    if (proxy === undefined) throw new Error('each node has a proxy')
    return /** @type {const} */ ([`${host}:${port}`, { host: proxy.host, port: proxy.port }])
  })
  return {
    map: Object.fromEntries(places),
    /** @param {import('@holdfast/testkit/redis').RedisServer} node */
    before: (node) => {
      const proxy = proxies[nodes.indexOf(node)]
      if (proxy === undefined) throw new Error('this node has no proxy')
      return proxy
    },
    stop: () => Promise.all(proxies.map((proxy) => proxy.stop())),
  }
}
