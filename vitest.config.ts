import { defineConfig } from 'vitest/config'

const report = process.env.REPORT_FILE

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts'],
    // Each worker has its databases and servers to itself; more of them only wait for each other.
    maxWorkers: 2,
    testTimeout: 20_000,
    // The first file on a PostgreSQL server makes the template, a PGlite takes a second or more to open.
    hookTimeout: 60_000,
    reporters: report ? ['default', ['json', { outputFile: report }]] : ['default'],
  },
})
