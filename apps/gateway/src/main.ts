import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { DatabaseRefusedError } from '@yardmaster/db'
import { compose, type Gateway } from './compose.ts'
import { ConfigError, environment, readConfig } from './config.ts'
import { StartError, starting } from './process/start-error.ts'
import { databaseFailure } from './process/start-failures.ts'
import { endWithinGrace, listenForStop } from './process/stop.ts'
import { listenForStrayErrors, type StrayErrors } from './process/stray-errors.ts'

/** Milliseconds that a start may take to finish its current step after a signal, so that nothing is left half done. */
const HALF_WAY_MS = 10_000

// Makes all files private to their owner, including those that libraries create.
process.umask(0o077)

const exitCode = await run(listenForStop(), listenForStrayErrors())
// Explicit, because a socket that waits for a vanished peer would keep the process alive.
process.exit(exitCode)

async function run(stop: AbortSignal, strays: StrayErrors): Promise<number> {
  try {
    const config = readConfig(environment())
    await using gateway = await Promise.race([compose(config, stop), tooLong(stop)])
    strays.log = gateway.log
    console.log(await starting(databaseFailure(config), () => greeting(gateway)))
    const { lost } = gateway
    const endings = [stop, lost, strays.signal]
    if (!endings.some(({ aborted }) => aborted)) await Promise.race(endings.map((ending) => once(ending, 'abort')))
    if (strays.signal.aborted) return 1
    if (stop.aborted) {
      console.log('Stopping: requests under way may finish.')
      return 0
    }
    endWithinGrace()
    throw lost.reason
  } catch (error) {
    if (stop.aborted) return 0
    console.error(isForOperators(error) ? error.message : error)
    return 1
  }
}

/** Returns whether an error tells the operator what to do; any other one is a bug, whose stack is printed. */
function isForOperators(error: unknown): error is Error {
  return error instanceof ConfigError || error instanceof StartError || error instanceof DatabaseRefusedError
}

async function tooLong(stop: AbortSignal): Promise<never> {
  if (!stop.aborted) await once(stop, 'abort')
  await pause(HALF_WAY_MS)
  throw stop.reason
}

async function registering({ externalUrl, services }: Gateway): Promise<string> {
  const token = await services.settings.registrationToken()
  if (token === null) return '    The registration token is damaged. Rotate it in the settings to get a new one.'
  return `    gitlab-runner register --non-interactive --url ${externalUrl} \\
      --registration-token ${token} \\
      --executor shell --description "$(hostname)"`
}

/** Returns what the operator needs to know after a start. */
async function greeting(gateway: Gateway): Promise<string> {
  const { url, externalUrl, storage, concerns, demoCommand, makeSignInLink } = gateway
  return `
  Yardmaster is at ${externalUrl}${externalUrl === url ? '' : ` (listening on ${url})`}

  Sign in, once:   ${await makeSignInLink()}
  Database:        ${storage.database}
  Events:          ${storage.events}
  Logs, artifacts: ${storage.objects}
${concerns.map((concern) => `\n  Warning: ${concern}\n`).join('')}
  Register a runner:
${await registering(gateway)}

  No runner at hand? Watch sample jobs with: ${demoCommand}
`
}
