import { defineConfig } from 'vitest/config'

const common = { testTimeout: 20_000, hookTimeout: 20_000, unstubEnvs: true }

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        // One environment for all files of a worker: they start no server and change nothing global, and
        // loading the modules for each file took half of the time.
        test: { ...common, name: 'unit', include: ['test/unit/**/*.test.{ts,tsx}'], isolate: false },
      },
      {
        test: {
          ...common,
          name: 'integration',
          include: ['test/contract/**/*.test.ts', 'test/integration/**/*.test.ts'],
        },
      },
    ],
  },
})
