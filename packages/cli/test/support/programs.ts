/** Shell programs for `holdfast run`. No program starts a process that could outlive the program. */

/** Prints `ready` and goes on until a signal ends it. */
export const WORK: readonly string[] = ['sh', '-c', 'echo ready; exec sleep 600']

/** Prints `ready` and goes on. For each signal it prints the name and ends with 43. */
export const TRAPS: readonly string[] = [
  'node',
  '-e',
  `for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'])
     process.on(signal, () => { console.log('got ' + signal); process.exit(43) })
   setInterval(() => {}, 1000)
   console.log('ready')`,
]

/** Prints `ready`, and does not end by TERM. */
export const STUBBORN: readonly string[] = [
  'node',
  '-e',
  `process.on('SIGTERM', () => console.log('no'))
   setInterval(() => {}, 1000)
   console.log('ready')`,
]

/** Prints `ready` and goes on until the file is there. */
export const until = (file: string): readonly string[] => [
  'sh',
  '-c',
  `echo ready; while [ ! -e '${file}' ]; do sleep 0.05; done`,
]
