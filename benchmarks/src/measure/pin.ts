import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Where client and server run: both on one core, each on a core of its own, or wherever the system puts them. */
export type Placement = 'one core' | 'two cores' | 'unpinned'

/** The placements that are possible here, with the reason where some are not. */
export function placements(serverPid: number | undefined): {
  readonly possible: readonly Placement[]
  readonly why: string
} {
  const impossible = (why: string): ReturnType<typeof placements> => ({ possible: ['unpinned'], why })
  if (serverPid === undefined) return impossible('The server was not started here and cannot be pinned to a core.')
  try {
    execFileSync('taskset', ['-p', `${process.pid}`], { stdio: 'ignore' })
  } catch {
    return impossible('There is no taskset here: client and server run wherever the system puts them.')
  }
  const one = ['one core'] as const
  return availableParallelism() < 2
    ? { possible: one, why: 'There is only one core.' }
    : { possible: [...one, 'two cores'], why: '' }
}

export function pin(placement: Placement, serverPid: number | undefined): void {
  if (placement === 'unpinned' || serverPid === undefined) return
  bind(process.pid, 0)
  bind(serverPid, placement === 'one core' ? 0 : 1)
}

function bind(pid: number, core: number): void {
  execFileSync('taskset', ['-a', '-c', '-p', `${core}`, `${pid}`], { stdio: 'ignore' })
}
