export { redisBackend, type RedisBackendOptions } from './backend.js'
export type { ClientState, RedisTransport, Subscriber, SubscriberEvents } from './transport.js'
