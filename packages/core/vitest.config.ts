import { defineConfig } from 'vitest/config'
import { paced } from '../../test/support/paced.js'

export default defineConfig({ test: paced })
