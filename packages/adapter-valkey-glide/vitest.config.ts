import { defineConfig } from 'vitest/config'
import { realTime } from '../../test/support/paced.js'

export default defineConfig({ test: { ...realTime, setupFiles: ['./test/support/quiet.ts'] } })
