import { type HintListener, listen, type Listening } from './hints/listen.js'
import { hintConnectionOf } from './hints/shared.js'
import type { HintSource } from './hints/source.js'

export { redact } from './errors/redact.js'
export { checkOptions } from './errors/unknown-options.js'
export { forbidHandOver } from './handle/forbid-hand-over.js'
export type { HintListener, Listening } from './hints/listen.js'
export type { HintSource, Subscriber, SubscriberEvents } from './hints/source.js'

/**
 * Listens for the notifications of a store, over one connection for each client, however many backends there are over
 * it. An attempt takes a bounded time; a connection that ends or is silent is made anew, after delays that grow. Resolves
 * when messages arrive; from then on `onStanding` is called with each change. Rejects when the server refuses, or
 * messages do not arrive within five seconds.
 *
 * @param client the client of the caller: the identity of the connection
 * @param source how to make an attempt with that client
 */
export function listenForHints(client: object, source: HintSource, listener: HintListener): Promise<Listening> {
  return listen(hintConnectionOf(client, source), listener)
}
