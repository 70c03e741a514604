import { LockError } from '../errors/errors.js'

/** Why a lease cannot be used. @param why the reason that it ended under its holder, if it did */
export function notHeld(quoted: string, why: LockError | undefined): LockError {
  if (why?.code === 'LOCK_LOST') return why
  const end = why === undefined ? 'released' : 'ended by close()'
  const message = `the lease on ${quoted} is not held any more: it was ${end}`
  return new LockError('LOCK_LOST', message, why === undefined ? undefined : { cause: why })
}
