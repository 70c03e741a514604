/** Debian keeps the programs of each version in a folder that is not on PATH. */
export const DEBIAN = '/usr/lib/postgresql'
