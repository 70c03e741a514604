export { redisBackend } from './backend.js'
export { checkRedisOptions, type RedisBackendOptions } from './options.js'
export { escapeGlob } from './scan.js'
export type { ClientState, RedisTransport, ScanPage, ScanReply, Subscriber, SubscriberEvents } from './transport.js'
