/** An owner as a locker makes it: anything else at a lock key is the value of another system. */
export const ownerOf = (label: string): string => `${label}~${'0'.repeat(32)}`
