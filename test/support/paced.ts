import { join } from 'node:path'

const runner = (name: string): string => join(import.meta.dirname, `${name}.ts`)

/** Settings of a project: the limit of a test goes with the pace of the machine. */
export const paced = { runner: runner('paced-runner'), hookTimeout: 180_000 }

/** The same settings for tests with real servers, whose failures on a busy machine are no judgement. */
export const realTime = { ...paced, runner: runner('real-time-runner') }
