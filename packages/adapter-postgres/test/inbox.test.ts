import type { Turn } from '@holdfast/core'
import { describe, expect, test } from 'vitest'
import { createInbox, type Inbox } from '../src/inbox.js'
import type { Listen } from '../src/listen.js'

/** A listening connection that the test controls. */
interface Connection {
  send(message: string): void
  stands(standing: boolean): void
}

function inboxAndConnection(): { readonly inbox: Inbox; readonly connection: Connection } {
  let send: Connection['send'] = () => {}
  let stands: Connection['stands'] = () => {}
  const listen: Listen = async ([inbox = ''], onMessage, onStanding) => {
    send = (message) => onMessage(inbox, message)
    stands = onStanding
    return { end: () => {} }
  }
  return {
    inbox: createInbox(listen, 'holdfast'),
    connection: { send: (message) => send(message), stands: (standing) => stands(standing) },
  }
}

/**
 * A watched inbox, its connection, the notifications that it passes on, and a function that registers a call of an
 * owner.
 */
async function watched() {
  const { inbox, connection } = inboxAndConnection()
  const turns: Turn[] = []
  await inbox.watch((turn) => turns.push(turn))
  const call = (owner = 'a') => inbox.expect('name', owner) ?? expect.unreachable('messages arrive')
  return { inbox, connection, turns, call }
}

const TURN = { type: 'turn', name: 'name', owner: 'a' }

describe('a message of a grant', () => {
  test('is a grant for the last call, once, and a hint for the one before', async () => {
    const { connection, turns, call } = await watched()
    const [first, last] = [call(), call()]
    for (const { secret } of [first, last, last]) connection.send(`${secret} 7`)
    expect(turns).toEqual([TURN, { ...TURN, granted: { fence: 7 } }])
  })

  test('is a hint when the calls since were not executed: the place still stands', async () => {
    const { inbox, connection, turns, call } = await watched()
    const { secret } = call()
    for (let i = 0; i < 3; i++) inbox.onNotExecuted('a', call())
    connection.send(`${secret} 7`)
    connection.send(`${secret} 7`)
    expect(turns).toEqual([TURN])
  })

  test('means nothing after the owner is forgotten, nor for a call that was not executed', async () => {
    const { inbox, connection, turns, call } = await watched()
    const forgotten = [call(), call()]
    inbox.forget('a')
    const refused = call('b')
    inbox.onNotExecuted('b', refused)
    for (const { secret } of [...forgotten, refused]) connection.send(`${secret} 7`)
    expect(turns).toEqual([])
  })
})

describe('a second watch over the same connection', () => {
  test('learns that it is gone, and that it is back', async () => {
    const { inbox, connection } = inboxAndConnection()
    await inbox.watch(() => {})
    connection.stands(false)
    const standing: boolean[] = []
    await inbox.watch(
      () => {},
      (stands) => standing.push(stands),
    )
    expect(standing).toEqual([false])
    expect(inbox.expect('name', 'a')).toBeUndefined()
    connection.stands(true)
    expect(standing).toEqual([false, true])
  })

  test('is begun anew after the first could not be', async () => {
    let attempts = 0
    const inbox = createInbox(async () => {
      if ((attempts += 1) === 1) throw new Error('no connection')
      return { end: () => {} }
    }, 'holdfast')
    const [first, second] = await Promise.allSettled([inbox.watch(() => {}), inbox.watch(() => {})])
    expect([first.status, second.status]).toEqual(['rejected', 'rejected'])
    await inbox.watch(() => {})
    expect(inbox.expect('name', 'a')).toBeDefined()
    expect(attempts).toBe(2)
  })
})
