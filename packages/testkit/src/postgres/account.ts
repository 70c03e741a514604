import { chown, readFile } from 'node:fs/promises'
import { onPath } from './tools.js'

/** How to run a program that refuses to run as root: as another user of this machine. */
export interface Account {
  /** The command line of a program, as this user runs it. */
  readonly command: (executable: string, args: readonly string[]) => { executable: string; args: readonly string[] }
  /** Hands a folder over to the user. */
  readonly own: (folder: string) => Promise<void>
}

const USERS = ['postgres', 'nobody']

/** The user of this process, or another one if that is root, whom PostgreSQL and PgBouncer refuse. */
export async function unprivileged(): Promise<Account> {
  if (process.getuid?.() !== 0) return { command: (executable, args) => ({ executable, args }), own: async () => {} }
  const setpriv = await onPath('setpriv')
  if (setpriv === undefined) throw new Error('PostgreSQL refuses to run as root, and setpriv is not on PATH')
  const [uid, gid] = await idsOf(USERS)
  const as = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups']
  return {
    command: (executable, args) => ({ executable: setpriv, args: [...as, executable, ...args] }),
    own: (folder) => chown(folder, uid, gid),
  }
}

async function idsOf(users: readonly string[]): Promise<readonly [uid: number, gid: number]> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  for (const user of users) {
    const [, , uid, gid] = lines.find(([name]) => name === user) ?? []
    if (uid !== undefined && gid !== undefined) return [Number(uid), Number(gid)]
  }
  throw new Error(`PostgreSQL refuses to run as root, and there is no user ${users.join(' or ')}`)
}
