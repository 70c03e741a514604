import type { Entry, Statement } from './evidence.js'

/** The account, as a worker sees it. */
export interface Account {
  read(): Promise<number>
  /** Writes the counter without a check: the last write wins. */
  write(worker: number, fence: number, value: number): Promise<void>
  /** Writes the register, which refuses a fence older than the newest fence seen. */
  writeFenced(worker: number, fence: number): Promise<Extract<Entry, { kind: 'register' }>>
  statement(): Promise<Statement>
}

export function openAccount(url: string): Account {
  const ask = async <T>(path: string, body?: object): Promise<T> => {
    const put = body && { method: 'PUT', body: JSON.stringify(body) }
    const response = await fetch(url + path, put)
    if (!response.ok) throw new Error(`the account answered ${response.status}`)
    return (await response.json()) as T
  }
  return {
    read: () => ask('/counter'),
    write: async (worker, fence, value) => void (await ask('/counter', { worker, fence, value })),
    writeFenced: (worker, fence) => ask('/register', { worker, fence }),
    statement: () => ask('/statement'),
  }
}
