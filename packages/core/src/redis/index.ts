export { redisBackend } from './backend.js'
export { checkRedisOptions, type RedisBackendOptions } from './options.js'
export type { RedisTransport } from './transport.js'
