import { once } from 'node:events'
import { compose, type Gateway } from './compose.ts'
import { ConfigError, environment, readConfig } from './config.ts'

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())

try {
  await using gateway = await compose(readConfig(environment()))
  console.log(await greeting(gateway))
  if (!stop.signal.aborted) await once(stop.signal, 'abort')
  console.log('Stopping: what is under way may finish.')
} catch (error) {
  if (!(error instanceof Error)) throw error
  console.error(error instanceof ConfigError || error.name.endsWith('Error') ? error.message : error)
  process.exitCode = 1
}

/** What whoever starts it wants to know, readable at a glance. */
async function greeting({ url, externalUrl, storage, ports, makeSignInLink }: Gateway): Promise<string> {
  return `
  Yardmaster is at ${externalUrl}${externalUrl === url ? '' : ` (listening on ${url})`}

  Sign in, once:   ${await makeSignInLink()}
  Database:        ${storage.database}
  Events:          ${storage.events}
  Logs, artifacts: ${storage.objects}

  Register a runner:
    gitlab-runner register --non-interactive --url ${externalUrl} \\
      --registration-token ${await ports.settings.registrationToken()} \\
      --executor shell --description "$(hostname)"

  No runner at hand? Watch sample jobs with: npm run demo
`
}
