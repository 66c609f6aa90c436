import { defineConfig, type PlaywrightTestConfig } from '@playwright/test'
import { installedBrowser } from './support/installed-browser.ts'
import type { StorageKind } from './support/storage.ts'

const servers = Boolean(process.env.TEST_DATABASE_URL && process.env.TEST_REDIS_URL)

const requestsOnly = ['protocol/**/*.spec.ts', 'admin/**/*.spec.ts']

const executablePath = installedBrowser()
const browser: PlaywrightTestConfig['use'] = {
  viewport: { width: 1440, height: 900 },
  // A recording takes a quarter of the processor time, and recordings made in CI are not looked at.
  trace: process.env.CI ? 'off' : 'retain-on-failure',
  launchOptions: {
    ...(executablePath && { executablePath }),
    args: [
      // So that the pages of tests share what was compiled for the first one.
      '--process-per-site',
      // Chromium's sandbox does not work for root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  },
}

/**
 * Tests of the running gateway from outside. Everything over HTTP runs on embedded storage and, when servers were
 * started, on those as well.
 */
export default defineConfig<object, { storageKind: StorageKind }>({
  testDir: '.',
  globalSetup: './support/data-dir.ts',
  // Catches hangs, not slowness: on a busy machine a gateway may take a minute to start.
  timeout: 900_000,
  expect: { timeout: 120_000 },
  // More than a small machine has cores, because many tests spend their time waiting.
  workers: 3,
  forbidOnly: Boolean(process.env.CI),
  reporter: 'list',
  outputDir: './test-results',
  projects: [
    // First, because it has one worker: the other projects run beside it.
    ...(servers
      ? [
          {
            name: 'admin-ui-production',
            testMatch: 'admin-ui/**/*.spec.ts',
            // The looks of a page do not depend on the storage.
            testIgnore: 'admin-ui/every-page.spec.ts',
            workers: 1,
            use: { ...browser, storageKind: 'production' as const },
          },
        ]
      : []),
    { name: 'admin-ui', testMatch: 'admin-ui/**/*.spec.ts', use: { ...browser, storageKind: 'embedded' } },
    { name: 'embedded', testMatch: requestsOnly, use: { storageKind: 'embedded' } },
    ...(servers ? [{ name: 'production', testMatch: requestsOnly, use: { storageKind: 'production' as const } }] : []),
    // What a client sees does not depend on the storage.
    { name: 'cli', testMatch: '**/tests/cli/*.spec.ts', use: { storageKind: 'embedded' } },
    { name: 'docs', testMatch: 'docs/**/*.spec.ts', use: { storageKind: 'embedded' } },
    { name: 'ci-corpus', testMatch: 'ci-corpus/*.spec.ts', workers: 1 },
    // A project of its own with one worker, so that a release is packed only once.
    { name: 'release', testMatch: '**/tests/release/*.spec.ts', workers: 1 },
    { name: 'development', testMatch: '**/tests/development/*.spec.ts', use: browser },
    { name: 'real-runner', testMatch: 'real-runner/**/*.spec.ts', use: { storageKind: 'embedded' } },
  ],
})
