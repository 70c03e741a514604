export { redisBackend } from './backend.js'
export { checkRedisOptions, type RedisBackendOptions } from './options.js'
export { escapeGlob } from './scan.js'
export type { RedisTransport, ScanPage, ScanReply } from './transport.js'
