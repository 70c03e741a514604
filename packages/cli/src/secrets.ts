const HIDDEN = '[hidden]'
const VARIABLES = ['HOLDFAST_REDIS_URL', 'HOLDFAST_POSTGRES_URL', 'REDIS_URL', 'DATABASE_URL']

/** The passwords in the URLs of the command line and of the environment, as written and as decoded. */
export function secretsIn(args: readonly string[], env: NodeJS.ProcessEnv): string[] {
  const texts = [...args, ...VARIABLES.map((name) => env[name] ?? '')]
  const secrets = texts.flatMap(passwordsOf).filter((secret) => secret !== '')
  // The longest first: a secret may be a part of another one.
  return [...new Set(secrets)].toSorted((a, b) => b.length - a.length)
}

function passwordsOf(text: string): string[] {
  // Also of what is no URL, for a password with a slash in it is often not encoded.
  const beforeHost = /:\/\/(.+)@/s.exec(text)?.[1] ?? ''
  return [beforeHost, ...passwordsOfUrl(text)]
}

function passwordsOfUrl(text: string): string[] {
  const url = /[a-z][a-z0-9+.-]*:\/\/.*/is.exec(text)?.[0]
  if (url === undefined || !URL.canParse(url)) return []
  const { protocol, username, password, searchParams } = new URL(url)
  // A password for Redis may also stand in the place of the user: redis://secret@host.
  const isAlone = password === '' && protocol.startsWith('redis')
  const written = [
    isAlone ? username : password,
    searchParams.get('password') ?? '',
    /[?&]password=([^&#]*)/.exec(url)?.[1] ?? '',
  ]
  return written.flatMap((secret) => [secret, decoded(secret)])
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The text without the secrets, and without credentials in any URL. */
export function hide(text: string, secrets: readonly string[]): string {
  let safe = text.replaceAll(/:\/\/[^/\s'"]*@/g, `://${HIDDEN}@`)
  for (const secret of secrets) safe = safe.replaceAll(secret, HIDDEN)
  return safe
}
