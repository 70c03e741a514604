export { redisBackend, type RedisBackendOptions } from './backend.js'
export type { RedisTransport } from './transport.js'
