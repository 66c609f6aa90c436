import { defineConfig } from '@playwright/test'
import type { StorageKind } from './support/storage.ts'

const servers = Boolean(process.env.TEST_DATABASE_URL && process.env.TEST_REDIS_URL)

const requestsOnly = ['protocol/**/*.spec.ts', 'admin/**/*.spec.ts']

/**
 * The running gateway from outside. Everything that is spoken over HTTP runs on embedded storage and, where servers
 * were brought up, on those as well.
 */
export default defineConfig<object, { storageKind: StorageKind }>({
  testDir: '.',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  workers: 2,
  forbidOnly: Boolean(process.env.CI),
  reporter: 'list',
  outputDir: './test-results',
  projects: [
    { name: 'embedded', testMatch: requestsOnly, use: { storageKind: 'embedded' } },
    ...(servers ? [{ name: 'production', testMatch: requestsOnly, use: { storageKind: 'production' as const } }] : []),
    { name: 'real-runner', testMatch: 'real-runner/**/*.spec.ts', timeout: 120_000, use: { storageKind: 'embedded' } },
  ],
})
