import type { Contender } from './contender.js'
import {
  holdfast,
  holdfastNodeRedis,
  holdfastNodeRedisUnfenced,
  holdfastUnfenced,
  holdfastWatching,
} from './holdfast.js'
import { layerBackend, layerLine, layerScripts } from './layers.js'
import { rawIoredis, rawNodeRedis, rawPipelined, rawRenewing } from './raw.js'
import { redisSemaphore } from './redis-semaphore.js'
import { universal, universalLean, universalUsing } from './redlock-universal.js'
import { redlock, redlockUsing } from './redlock.js'
import { refFenced, refLocal, refQueue } from './references.js'
import { simpleRedisMutex } from './simple-redis-mutex.js'
import { verrou } from './verrou.js'

const ALL: readonly Contender[] = [
  rawIoredis,
  rawPipelined,
  rawNodeRedis,
  rawRenewing,
  refFenced,
  refQueue,
  refLocal,
  layerScripts,
  layerBackend,
  layerLine,
  holdfast,
  holdfastUnfenced,
  holdfastWatching,
  holdfastNodeRedis,
  holdfastNodeRedisUnfenced,
  verrou,
  redisSemaphore,
  universal,
  universalLean,
  universalUsing,
  redlock,
  redlockUsing,
  simpleRedisMutex,
]

export function contender(id: string): Contender {
  const found = ALL.find((each) => each.id === id)
  if (found === undefined) throw new Error(`there is no contender ${id}: ${ALL.map((each) => each.id).join(', ')}`)
  return found
}

/** The contenders that wait under contention: four pollers, and one library whose release wakes every waiter. */
export const WAITING_PEERS: readonly string[] = [
  'verrou',
  'redis-semaphore',
  'redlock-universal',
  'redlock',
  'simple-redis-mutex',
]
