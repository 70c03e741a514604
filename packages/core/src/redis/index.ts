export { redisBackend, type RedisBackendOptions } from './backend.js'
export { escapeGlob } from './scan.js'
export type { RedisTransport, ScanPage, ScanReply } from './transport.js'
