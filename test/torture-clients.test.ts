import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { clientOf } from '../scripts/torture/postgres/clients.mjs'

/** A message of PostgreSQL's protocol, version 3.0. */
function message(type: string, body: string | Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(4 + body.length, 1)
  return Buffer.concat([head, Buffer.from(body)])
}

const AUTHENTICATED = message('R', Buffer.alloc(4))
const READY = message('Z', 'I')
const ENDED = message('E', 'SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0')

/** A server that ends each connection in the packet that answers the login, as a process finds it that was stopped. */
async function endingServer(): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(Buffer.concat([AUTHENTICATED, READY, ENDED])))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return `postgres://user@127.0.0.1:${address.port}/app`
}

test('a connection that ends together with its login fails a transaction, and not the process', async () => {
  const client = clientOf({ name: 'pg', url: await endingServer() })
  await expect(client.transaction('READ COMMITTED', async () => {})).rejects.toThrow(/terminat|not queryable/)
  await client.close()
})
