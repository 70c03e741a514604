/** The text of the help below the options. */
export const EXIT_CODES = `
Exit codes, but for those of the command that run runs:
    0  done
    1  inspect, release: the name is not held
  122  the lock was lost while the command ran
  123  the store cannot be reached, refused, or gave no certain answer
  124  the name is held by others (--try, --wait)
  125  a mistake in the command line, or the store cannot do it
  126  the command cannot be executed
  127  the command was not found
  128 and the number of a signal: the signal ended the command, or the wait
`

export const ENVIRONMENT = `
The safe place for a URL with a password is the environment: HOLDFAST_REDIS_URL or HOLDFAST_POSTGRES_URL, else REDIS_URL
or DATABASE_URL. Other users of the machine can read the arguments of a process.
`
