import { ask, fieldOf } from '../wire/admin.js'
import type { RedisServer } from '../server.js'

/** A node that does not answer within this time counts as down. */
const LOOK_MS = 1_000

/** The view that one node has of another node. */
export interface NodeLine {
  readonly id: string
  readonly port: number
  readonly flags: readonly string[]
  readonly masterId: string | undefined
  readonly epoch: number
  readonly linked: boolean
  /** The ranges of slots, both ends included. Empty for replicas. */
  readonly slots: readonly (readonly [number, number])[]
}

/** The view that a node has of itself and of the others. */
export interface View {
  readonly server: RedisServer
  readonly me: NodeLine
  readonly lines: readonly NodeLine[]
}

/** Asks every node that runs; a node that is frozen or has ended has no view. */
export async function viewsOf(servers: readonly RedisServer[]): Promise<readonly View[]> {
  const running = servers.filter(({ pid }) => pid !== undefined)
  const views = await Promise.all(running.map((server) => viewOf(server).catch(() => undefined)))
  return views.filter((view) => view !== undefined)
}

export async function viewOf(server: RedisServer): Promise<View> {
  const lines = linesOf(String(await ask(server, ['CLUSTER', 'NODES'], LOOK_MS)))
  const me = lines.find(({ flags }) => flags.includes('myself'))
  if (me === undefined) throw new Error('a node that does not know itself')
  return { server, me, lines }
}

function linesOf(text: string): readonly NodeLine[] {
  const lines = text.split('\n').filter(Boolean)
  return lines.map((line) => {
    const [id = '', address = '', flags = '', masterId, , , epoch, link, ...slots] = line.split(' ')
    return {
      id,
      port: Number(/:(\d+)@/.exec(address)?.[1]),
      flags: flags.split(','),
      masterId: masterId === '-' ? undefined : masterId,
      epoch: Number(epoch),
      linked: link === 'connected',
      // A slot under way stands in brackets, and still belongs to the node that lists it without brackets.
      slots: slots.filter((slot) => !slot.startsWith('[')).map(rangeOf),
    }
  })
}

function rangeOf(text: string): readonly [number, number] {
  const [from, to] = text.split('-').map(Number)
  return [from ?? 0, to ?? from ?? 0]
}

/** The node that says of itself that it serves the slot, by the newest configuration if several do. */
export function ownerOf(slot: number, views: readonly View[]): View | undefined {
  return views
    .filter(({ me }) => me.flags.includes('master') && me.slots.some(([from, to]) => from <= slot && slot <= to))
    .toSorted((one, other) => other.me.epoch - one.me.epoch)[0]
}

/**
 * Why the nodes that run are not at rest, or `undefined` when they are: they agree which node serves which slot, every
 * slot is served, and every replica follows its master.
 */
export async function unrest(servers: readonly RedisServer[]): Promise<string | undefined> {
  const running = servers.filter(({ pid }) => pid !== undefined)
  const views = await viewsOf(servers)
  if (views.length < running.length) return 'a node does not answer'
  const pictures = new Set(views.map(({ lines }) => pictureOf(lines)))
  if (pictures.size !== 1) return `the nodes do not agree: ${[...pictures].join(' | ')}`
  const epochs = unrestOfEpochs(views.filter(({ me }) => me.flags.includes('master')))
  if (epochs !== undefined) return epochs
  for (const { server, me } of views) {
    const info = await ask(server, ['CLUSTER', 'INFO'], LOOK_MS)
    if (fieldOf(info, 'cluster_state') !== 'ok') return 'a node says that the cluster is down'
    if (!me.flags.includes('slave')) continue
    const link = fieldOf(await ask(server, ['INFO', 'replication'], LOOK_MS), 'master_link_status')
    if (link !== 'up') return 'a replica does not follow its master'
  }
  return undefined
}

/**
 * A master that does not know the newest epoch would take the same one for its next change, and of two claims to a slot
 * the wrong one could win for good.
 */
function unrestOfEpochs(masters: readonly View[]): string | undefined {
  if (new Set(masters.map(({ me }) => me.epoch)).size < masters.length) return 'two masters have the same epoch'
  for (const { server, lines } of masters) {
    const stale = masters.find(({ me }) => lines.find(({ id }) => id === me.id)?.epoch !== me.epoch)
    if (stale) return `the node at ${server.port} does not know the epoch ${stale.me.epoch} of ${stale.server.port}`
  }
  return undefined
}

/** The masters with their slots, and the replicas with their masters, without the nodes that have failed. */
function pictureOf(lines: readonly NodeLine[]): string {
  return lines
    .filter(({ flags }) => !flags.includes('fail') && !flags.includes('handshake'))
    .map(({ port, masterId, slots }) => `${port} ${masterId ?? 'serves'} ${slots.join(';')}`)
    .toSorted()
    .join('; ')
}
