import { join } from 'node:path'
import { type CliEnd, type CliOptions, type CliProcess, startCli } from '../support/cli.ts'
import { test as base, expect } from '../support/fixtures.ts'
import { type Environment, temporaryDirectory } from '../support/gateway.ts'

export { expect }

interface CliFixtures {
  /** The directory of the configuration files of this test. */
  configHome: string
  /** Starts the command, logged in by the environment unless `env` says otherwise. */
  start: (args: readonly string[], options?: CliOptions) => CliProcess
  /** Runs the command until it ends. */
  yardmaster: (args: readonly string[], options?: CliOptions) => Promise<CliEnd>
}

export const test = base.extend<CliFixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright asks for an object pattern.
  configHome: async ({}, use) => {
    const directory = await temporaryDirectory('yardmaster-config-')
    await use(directory.path)
    await directory.dispose()
  },
  start: async ({ gateway, configHome }, use) => {
    const env: Environment = {
      XDG_CONFIG_HOME: configHome,
      XDG_CACHE_HOME: join(configHome, 'cache'),
      YARDMASTER_URL: gateway.url,
      YARDMASTER_TOKEN: gateway.adminToken,
    }
    await use((args, options = {}) => startCli(args, { ...options, env: { ...env, ...options.env } }))
  },
  yardmaster: async ({ start }, use) => use((args, options) => start(args, options).ended),
})

/** Not logged in by the environment. */
export const NOT_LOGGED_IN: Environment = { YARDMASTER_URL: '', YARDMASTER_TOKEN: '' }
