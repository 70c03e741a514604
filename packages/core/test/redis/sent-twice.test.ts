import { describe, expect, test } from 'vitest'
import { BackendError } from '../../src/index.js'
import { type ClientState, redisBackend } from '../../src/redis/index.js'
import { claimOf, rejection, scriptedServer, type Sent } from './scripted.js'

// A client that sends again what was in flight at a cut may have had the first command executed: a refusal speaks of
// one sending only.

const refused = /^not sent/

/** How a claim fails whose command is answered so. `connection` may be changed by `answer`. */
async function failureOf(answer: (net: Net, sent: Sent) => unknown, from: Partial<Net> = {}): Promise<unknown> {
  const net: Net = { connection: 1, state: 'ready', ...from }
  const server = scriptedServer((sent) => answer(net, sent), {
    connection: () => net.connection,
    state: () => net.state,
    executed: (error) => (error instanceof Error && refused.test(error.message) ? 'no' : undefined),
  })
  return rejection(redisBackend(server).acquire(claimOf('job')))
}

interface Net {
  connection: unknown
  state: ClientState
}

const fail = (error: Error): never => {
  throw error
}

describe('the refusal of a client that has not written the command', () => {
  const notSent = (): never => fail(new Error('not sent: no connection'))

  test('is certain on the connection of the first sending', async () => {
    expect(await failureOf(notSent)).toMatchObject({ executed: 'no' })
  })

  test.each([
    ['another', 1, 2],
    ['one that is not distinguished', Number.NaN, Number.NaN],
  ])('is not certain on %s', async (_, before, after) => {
    const error = await failureOf(
      (net) => {
        net.connection = after
        return notSent()
      },
      { connection: before },
    )
    expect(error).toMatchObject({ executed: 'unknown' })
  })
})

describe('a command that is asked for again, because the server had forgotten its script,', () => {
  test.each([
    ['is of unknown outcome when that was said by another connection than the first', 2, 'unknown'],
    ['is certainly not executed when it was said by the first', 1, 'no'],
  ])('and is not sent then, %s', async (_, connection, executed) => {
    const error = await failureOf((net) => {
      Object.assign(net, { connection, state: 'offline' })
      return fail(new Error('NOSCRIPT No matching script.'))
    })
    expect(error).toMatchObject({ executed, message: 'scripted: the client is not connected' })
  })

  test.each([
    ['unknown', 2],
    ['no', 1],
  ])('and is refused by the transport then, is of outcome %s', async (executed, connection) => {
    const error = await failureOf((net, { bySource }) => {
      net.connection = connection
      return fail(bySource ? new BackendError('closed', { executed: 'no' }) : new Error('NOSCRIPT No matching script.'))
    })
    expect(error).toMatchObject({ executed, message: 'closed' })
  })
})

test('what the transport itself says of the only attempt stands, whatever the connection', async () => {
  const closed = new BackendError('closed', { executed: 'no', retryable: false })
  expect(await failureOf(() => fail(closed), { connection: Number.NaN })).toBe(closed)
})

test('a command that was held back without a connection was sent once, on the next', async () => {
  const net: Net = { connection: 1, state: 'connecting' }
  const server = scriptedServer(() => fail(new Error('LOADING Redis is loading the dataset in memory')), {
    connection: () => net.connection,
    state: () => net.state,
  })
  const claim = rejection(redisBackend(server).acquire(claimOf('job')))
  await new Promise((resolve) => void setTimeout(resolve, 1))
  Object.assign(net, { connection: 2, state: 'ready' })
  expect(await claim).toMatchObject({ executed: 'no' })
})

describe('an error of the server without a code', () => {
  test('that may pass is none for good: ERR max number of clients + cluster connections reached', async () => {
    const error = await failureOf(() => fail(new Error('ERR max number of clients + cluster connections reached')))
    expect(error).toMatchObject({ executed: 'no', retryable: true })
  })

  test.each([
    "ERR unknown command 'EVALSHA'",
    'ERR wrong number of arguments for the command',
    "ERR invalid expire time in 'set' command",
    'ERR This Redis command is not allowed from script',
    "ERR command 'EVALSHA' is not supported by this server",
  ])('is a refusal: %s', async (message) => {
    expect(await failureOf(() => fail(new Error(message)))).toMatchObject({ executed: 'no', retryable: false })
  })

  // As twemproxy, Envoy, Codis and Predixy word what became of the connection behind them.
  test.each([
    'ERR Connection timed out',
    'ERR Connection reset by peer',
    'ERR Host is down',
    'ERR Broken pipe',
    'ERR upstream failure',
    'ERR handle response, backend conn reset',
    'ERR server connection close',
    'ERR timeout',
    'ERR internal error',
    'ERR Network is unreachable',
    'ERR Input/output error',
    'ERR unexpected EOF',
    'ERR context deadline exceeded',
    'ERR read: reset by peer',
    'ERR socket closed',
    'ERR service unavailable',
    'ERR bad gateway',
    'ERR no reply from server',
    'ERR request canceled',
  ])('is not certain when a proxy speaks of its own connection: %s', async (message) => {
    expect(await failureOf(() => fail(new Error(message)))).toMatchObject({ executed: 'unknown', retryable: true })
  })
})

describe('a claim that goes on to a second command, because others want the name,', () => {
  const readonly = 'READONLY You can not write against a read only replica.'

  test('is certainly not executed when only the second was sent, and refused, on a new connection', async () => {
    const net = { connection: 1, answered: false }
    const server = scriptedServer(
      ({ script }) => {
        net.answered = true
        return script === 'uncontended' ? 'o' : fail(new Error(readonly))
      },
      {
        connection: () => net.connection,
        state: () => {
          // Asked for before each command: the client has been connected anew since the first was answered.
          if (net.answered) net.connection = 2
          return 'ready'
        },
      },
    )
    expect(await rejection(redisBackend(server).acquire(claimOf('job')))).toMatchObject({ executed: 'no' })
  })

  test.each([
    ['unknown', 2],
    ['no', 1],
  ])('and is refused then, is of outcome %s', async (executed, connection) => {
    const error = await failureOf((net, { script }) => {
      net.connection = connection
      return script === 'uncontended' ? 'o' : fail(new Error(readonly))
    })
    expect(error).toMatchObject({ executed })
  })
})
