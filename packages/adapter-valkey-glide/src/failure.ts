/** What GLIDE calls the server's errors, and the codes by which the server does. */
const CODES: Readonly<Record<string, string>> = {
  NoScriptError: 'NOSCRIPT',
  ResponseError: 'ERR',
  ReadOnly: 'READONLY',
  PermissionDenied: 'NOPERM',
  BusyLoadingError: 'LOADING',
  CrossSlot: 'CROSSSLOT',
  ClusterDown: 'CLUSTERDOWN',
  MasterDown: 'MASTERDOWN',
  TryAgain: 'TRYAGAIN',
  AuthenticationFailed: 'NOAUTH',
}
const SIGNALLED = /^An error was signalled by the server: - (\w+): ([^]*)$/
const CODED = /^([A-Z]+): ([^]*)$/

/** The client's error with the server's own words, if it has any. */
export function failureOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const [, kind = '', text = ''] = SIGNALLED.exec(error.message) ?? CODED.exec(error.message) ?? []
  if (kind === '') return error
  const failure = new Error(`${CODES[kind] ?? kind} ${text}`)
  failure.name = error.name
  return failure
}

/** Whether the client says that it did not send a command, because it is closed. */
export function isClosed(error: unknown): boolean {
  return error instanceof Error && error.name === 'ClosingError' && /client is closed/.test(error.message)
}
