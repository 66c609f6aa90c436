import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Admin, AdminError } from './support/admin.ts'
import { FakeRunner } from './support/fake-runner.ts'
import { notNull } from './support/not-null.ts'
import { SAMPLE_PIPELINE, SAMPLES, SLOW } from './support/samples.ts'
import { serve } from './support/serve.ts'

/** A precondition is missing that the person at the terminal can provide. */
class NotReady extends Error {}

// The gateway reads it, too.
if (existsSync('.env')) process.loadEnvFile('.env')
const DATA_DIR = process.env.DATA_DIR || './data'

const ESCAPE = String.fromCharCode(27)
const SECTION_MARK = new RegExp(String.raw`section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])?\r${ESCAPE}\[0K`, 'g')

const FINISHED = ['success', 'failed', 'canceled', 'skipped']
/** Statuses in which a pipeline needs a person to go on, or no more. */
const SETTLED = [...FINISHED, 'manual']

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort())

try {
  const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } })
  await demonstrate(values.keep)
} catch (error) {
  if (!(error instanceof NotReady)) throw error
  console.error(error.message)
  process.exitCode = 1
}

async function demonstrate(keep: boolean): Promise<void> {
  const { url, foundIn } = await findInstallation()
  await mustListen(url)
  const { token, keptIn } = await adminToken()
  console.log(`Yardmaster at ${url} (${foundIn}), administrator’s token from ${keptIn}\n`)
  const admin = new Admin(url, { token })
  const registrationToken = await mustBeAdmin(admin, { url, keptIn })

  const runner = await FakeRunner.register(url, registrationToken, {
    description: 'sample runner of npm run demo',
    tagList: 'demo',
    runUntagged: false,
  })
  const directory = await mkdtemp(join(tmpdir(), 'yardmaster-demo-'))
  say('runner', `registered as runner ${runner.id}, with the tag demo`)

  // At the end of the demo, running jobs may finish; Ctrl+C ends them as well.
  const enough = new AbortController()
  const signal = AbortSignal.any([stop.signal, enough.signal])
  const serving = serve(runner, {
    directory,
    concurrent: 2,
    checkInterval: 1,
    mostInterval: 3,
    signal,
    onTaken: ({ id, payload }) => say(payload.job_info.name, `job ${id} is taken by the runner`),
  })
  try {
    await showSamples(admin, url)
    if (keep && !stop.signal.aborted) {
      console.log('\nThe sample runner keeps serving jobs with the tag demo. Ctrl+C unregisters it.')
      await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }))
    }
  } finally {
    enough.abort()
    await serving
    const { status } = await runner.unregister()
    say('runner', status === 204 ? 'unregistered' : `could not be unregistered: ${status}`)
    await rm(directory, { recursive: true, force: true })
  }
}

async function showSamples(admin: Admin, url: string): Promise<void> {
  const names = new Map<number, string>()
  let followed = 0
  for (const { name, definition, variables } of SAMPLES) {
    const { id } = await admin.mutate('jobs.create', {
      name,
      stage: 'demo',
      definition,
      ...(variables && { variables }),
    })
    names.set(id, name)
    if (name === SLOW.name) followed = id
    say(name, `job ${id} is submitted`)
  }
  const waiting = [...names.keys()].at(-1) ?? 0
  const { id: pipeline } = await admin.mutate('pipelines.create', { content: SAMPLE_PIPELINE })
  say('pipeline', `pipeline ${pipeline} is created from a configuration`)

  await Promise.all([
    follow(admin, followed, SLOW.name),
    reportSettled(admin, pipeline ?? 0),
    ...[...names].filter(([id]) => id !== waiting).map(([id, name]) => reportEnd(admin, id, name)),
  ])
  if (!stop.signal.aborted) await explain(admin, waiting)
  console.log(`
What to look at:
  the dashboard                   ${url}/
  a pipeline to play              ${url}/pipelines/${pipeline}
  the log that was followed here  ${url}/jobs/${followed}
  its bytes, for administrators   ${url}/download/jobs/${followed}/trace
`)
}

/** Prints a growing log line by line. */
async function follow(admin: Admin, id: number, name: string): Promise<void> {
  let line = ''
  try {
    for await (const { text } of admin.watchTrace(id, { signal: stop.signal })) {
      const lines = (line + text).split('\n')
      line = lines.pop() ?? ''
      for (const whole of lines) say(name, `│ ${readable(whole)}`)
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
  }
}

/** Removes section markers, which are for the dashboard. */
function readable(line: string): string {
  return line.replace(SECTION_MARK, '')
}

async function reportEnd(admin: Admin, id: number, name: string): Promise<void> {
  while (!stop.signal.aborted) {
    const job = await admin.query('jobs.get', { id })
    if (FINISHED.includes(job.status)) {
      const code = job.exitCode === null ? '' : `, exit code ${job.exitCode}`
      const why = job.failureReason ? `: ${job.failureReason}${code}` : ''
      return say(name, `job ${id} is over: ${job.status}${why}, ${job.traceSize} bytes of log`)
    }
    await pause(500, undefined, { signal: stop.signal }).catch(() => undefined)
  }
}

async function reportSettled(admin: Admin, id: number): Promise<void> {
  while (!stop.signal.aborted) {
    const { status } = await admin.query('pipelines.get', { id })
    if (SETTLED.includes(status)) {
      const why = status === 'manual' ? ': its job deploy waits for a person' : ''
      return say('pipeline', `pipeline ${id} is ${status}${why}`)
    }
    await pause(500, undefined, { signal: stop.signal }).catch(() => undefined)
  }
}

async function explain(admin: Admin, id: number): Promise<void> {
  const { runners } = await admin.query('jobs.explain', { id })
  say('waiting', `job ${id} is waiting. jobs.explain says why:`)
  for (const { runnerId, description, detail } of runners.slice(0, 5)) {
    say('waiting', `│ runner ${runnerId} (${description ?? 'without a description'}): ${detail}`)
  }
}

/** Finds the address: as given, else as noted in `DATA_DIR` by a running process, else as configured. */
async function findInstallation(): Promise<{ url: string; foundIn: string }> {
  const { YARDMASTER_URL, EXTERNAL_URL, HOST, PORT } = process.env
  const trimmed = (address: string) => address.trim().replace(/\/+$/, '')
  if (YARDMASTER_URL) return { url: trimmed(YARDMASTER_URL), foundIn: 'YARDMASTER_URL' }
  const file = join(DATA_DIR, 'address')
  const noted = await readFile(file, 'utf8').catch(() => null)
  if (noted !== null) return { url: trimmed(noted), foundIn: file }
  if (EXTERNAL_URL) return { url: trimmed(EXTERNAL_URL), foundIn: 'EXTERNAL_URL' }
  return { url: `http://${HOST || '127.0.0.1'}:${PORT || '8080'}`, foundIn: `nothing is noted in ${file}` }
}

async function mustListen(url: string): Promise<void> {
  const alive = await fetch(`${url}/healthz`).then(
    (response) => response.ok,
    () => false,
  )
  if (!alive) {
    throw new NotReady(`Nothing answers at ${url}. Start Yardmaster with: npm start
(If it runs elsewhere, set DATA_DIR as it has it, or YARDMASTER_URL to its address.)`)
  }
}

async function adminToken(): Promise<{ token: string; keptIn: string }> {
  if (process.env.ADMIN_TOKEN) return { token: process.env.ADMIN_TOKEN, keptIn: 'ADMIN_TOKEN' }
  const file = join(DATA_DIR, 'admin-token')
  try {
    return { token: (await readFile(file, 'utf8')).trim(), keptIn: file }
  } catch {
    throw new NotReady(`There is no administrator’s token in ${file}.
Set ADMIN_TOKEN, or DATA_DIR to the directory that the running Yardmaster uses.`)
  }
}

/** The registration token, which only an administrator sees. */
async function mustBeAdmin(admin: Admin, { url, keptIn }: { url: string; keptIn: string }): Promise<string> {
  try {
    return notNull((await admin.query('settings.get')).registrationToken)
  } catch (error) {
    if (!(error instanceof AdminError) || error.code !== 'UNAUTHORIZED') throw error
    throw new NotReady(`The administrator’s token from ${keptIn} does not belong to the Yardmaster at ${url}.
Set ADMIN_TOKEN, or DATA_DIR to the directory that this Yardmaster uses.`)
  }
}

function say(subject: string, what: string): void {
  console.log(`${subject.padEnd(9)} ${what}`)
}
