import { Cluster } from 'ioredis'
import lowest from 'ioredis-5'
import { describe, expect, test } from 'vitest'
import { ioredisBackend } from '../src/index.js'

const LowestCluster = lowest.Cluster
const nodes = [{ host: '127.0.0.1', port: 1 }]
const pipelining = { lazyConnect: true, enableAutoPipelining: true }
const pastIt = { ...pipelining, autoPipeliningIgnoredCommands: ['evalsha', 'eval'] }

// It put the scripts of one tick into one pipeline, whichever nodes their keys lay on, and refused that: all leases lost.
describe('a Cluster that pipelines by itself', () => {
  test('is refused where it cannot work, with the mend', () => {
    const make = (): unknown => ioredisBackend(new LowestCluster(nodes, pipelining))
    expect(make).toThrow(TypeError)
    expect(make).toThrow("autoPipeliningIgnoredCommands: ['evalsha', 'eval']")
  })

  test('is accepted where it works', () => {
    expect(ioredisBackend(new LowestCluster(nodes, pastIt)).name).toBe('ioredis')
    expect(ioredisBackend(new LowestCluster(nodes, { lazyConnect: true })).name).toBe('ioredis')
    expect(ioredisBackend(new Cluster(nodes, pipelining)).name).toBe('ioredis')
  })
})
