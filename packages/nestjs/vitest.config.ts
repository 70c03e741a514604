import { defineConfig } from 'vitest/config'
import { realTime, withoutVariants } from '../../test/support/paced.js'

export default defineConfig({ test: { ...realTime, exclude: withoutVariants } })
