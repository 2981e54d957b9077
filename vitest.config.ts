import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/contract/**/*.test.ts', 'test/unit/**/*.test.{ts,tsx}', 'test/integration/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    maxWorkers: 2,
    unstubEnvs: true,
  },
})
