import { ask, until } from '../wire/admin.js'
import { unrest, viewOf } from './view.js'
import type { FoundProgram } from '../find/find-server.js'
import { freePort } from '../process/port.js'
import { startProgram } from '../process/program.js'
import type { RedisServer } from '../server.js'

const SLOTS = 16_384
const PORT_ATTEMPTS = 5
const FORM_MS = 30_000

/** A node, and the port by which other nodes reach it. */
export interface Member {
  readonly server: RedisServer
  readonly busPort: number
}

/** Starts a node that belongs to no cluster yet. */
export async function startMember({ program, source }: FoundProgram, extra: readonly string[]): Promise<Member> {
  for (let attempt = 1; ; attempt++) {
    const [port, busPort] = [await freePort(), await freePort()]
    // Without this port the bus is at port + 10000, which may be in use.
    const bus = ['--cluster-enabled', 'yes', '--cluster-port', `${busPort}`]
    // A failure is seen after a second, and a replica does not wait for other replicas that would copy with it.
    const prompt = ['--cluster-node-timeout', '1000', '--repl-diskless-sync-delay', '0']
    try {
      return { server: await startProgram(program, source, { port, args: [...bus, ...prompt, ...extra] }), busPort }
    } catch (error) {
      const taken = error instanceof Error && /already in use|failed listening/i.test(error.message)
      if (!taken || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

/** Makes a cluster of nodes: the first `masters` of them share the slots, the others follow them in turn. */
export async function form(members: readonly Member[], masters: number): Promise<void> {
  await Promise.all(members.slice(0, masters).map((member, index) => giveSlots(member, index, masters)))
  // Each node meets each other node: gossip alone would take longer.
  await Promise.all(
    members.flatMap((one, index) =>
      members
        .slice(index + 1)
        .map(({ server: { port, host }, busPort }) =>
          ask(one.server, ['CLUSTER', 'MEET', host, `${port}`, `${busPort}`]),
        ),
    ),
  )
  await until('a cluster whose nodes know each other', FORM_MS, async () => {
    const views = await Promise.all(members.map(({ server }) => viewOf(server)))
    const all = views.every(
      ({ lines }) =>
        lines.length === members.length && lines.every(({ flags, linked }) => linked && !flags.includes('handshake')),
    )
    return all || undefined
  })
  await Promise.all(
    members.slice(masters).map(async ({ server }, index) => {
      const master = members[index % masters]
      if (master === undefined) return
      const { me } = await viewOf(master.server)
      await ask(server, ['CLUSTER', 'REPLICATE', me.id])
    }),
  )
  const servers = members.map(({ server }) => server)
  await rest(servers, FORM_MS)
}

/** Resolves when the nodes that run are at rest. */
export async function rest(servers: readonly RedisServer[], timeoutMs: number): Promise<void> {
  await until('a cluster at rest', timeoutMs, async () => {
    const reason = await unrest(servers)
    if (reason !== undefined) throw new Error(reason)
    return true
  })
}

async function giveSlots({ server }: Member, index: number, masters: number): Promise<void> {
  const from = Math.ceil((index * SLOTS) / masters)
  const to = Math.ceil(((index + 1) * SLOTS) / masters)
  const slots = Array.from({ length: to - from }, (_, i) => `${from + i}`)
  await ask(server, ['CLUSTER', 'ADDSLOTS', ...slots])
  // Each node begins with an epoch of its own. Nodes with equal epochs would settle that between them one after
  // another.
  await ask(server, ['CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`])
}
