import { messageOf } from '../errors/messages.js'
import type { HintSource } from '../hints/source.js'
import type { RedisTransport } from './transport.js'

/** The server's errors for a user without the right to subscribe or to log in. */
const REFUSED = /\b(NOPERM|WRONGPASS|NOAUTH)\b/

export const hintSourceOf = (transport: RedisTransport): HintSource => ({
  isClosed: () => transport.state?.() === 'closed',
  isRefusal: (error) => REFUSED.test(messageOf(error)),
  openSubscriber: (events) => transport.openSubscriber?.(events),
})
