import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { exitWhenInterrupted } from '../support/at-exit.ts'
import { freshDataDir } from '../support/data-dir.ts'
import { Gateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { OpenApi } from '../support/openapi.ts'
import { hasServers, openStorage } from '../support/storage.ts'
import { Connection, type Outcome } from './connection.ts'
import { type Memory, readMemory } from './memory.ts'
import { Report } from './report.ts'
import { type Request, requestOf } from './requests.ts'
import { readSurface } from './surface.ts'
import { World } from './world.ts'

const USAGE = 'Usage: npm run fuzz -- [--requests N] [--minutes M] [--seed S] [--from I] [--connections N]'
/** The world is renewed after this many requests, which have used up its jobs. */
const RENEW_EVERY = 1000
/** Requests between checks whether one of them has changed what the others need. */
const RESTORE_EVERY = 100
/** Pause between two health checks, which run beside the requests. */
const PROBE_EVERY_MS = 50
/** Pause between two lines about a long run. */
const TELL_EVERY_MS = 60_000
const EXPECTED_5XX = [501, 503]

const { requests, minutes, seed, from, connections } = readArguments()
exitWhenInterrupted()
process.exitCode = await main()

/** Sends generated requests to a new gateway and counts the answers. Returns 1 if the gateway died, failed or grew. */
async function main(): Promise<number> {
  const storage = await openStorage(hasServers ? 'production' : 'embedded')
  const directory = await freshDataDir(storage.env)
  const gateway = await Gateway.start(directory.path, { LONG_POLL_SECONDS: '1', LOG_LEVEL: 'error', ...storage.env })
  console.log(`${requests} requests, seed ${seed}, ${connections} connections, storage ${storage.kind}`)
  try {
    const report = await fuzz(gateway)
    console.log(report.text())
    if (report.failed) console.log(`The gateway said last:\n${gateway.output.slice(-4000)}`)
    return report.failed ? 1 : 0
  } finally {
    await gateway.stop()
    await directory.dispose()
    await storage.dispose()
  }
}

async function fuzz(gateway: Gateway): Promise<Report> {
  const surface = await readSurface()
  const protocol = await OpenApi.read(`${gateway.url}/api/runner-openapi.json`)
  const world = new World(gateway)
  await world.startCompilers()
  await world.renew()
  const report = new Report(seed)
  const underWay = new Map<number, Request>()
  let next = from
  const last = from + requests
  const samples = new Set([0.1, 0.5, 1].map((part) => from + Math.floor(requests * part) - 1))
  const until = minutes > 0 ? performance.now() + minutes * 60_000 : Number.POSITIVE_INFINITY
  let renewing: Promise<void> | null = null

  const connect = (): Connection => new Connection(Number(new URL(gateway.url).port))

  async function work(): Promise<void> {
    const connection = connect()
    for (let index = next++; index < last && gateway.running && performance.now() < until; index = next++) {
      const isUsedUp = index % RENEW_EVERY === 0 && index !== from
      if (isUsedUp || (world.disturbed && index % RESTORE_EVERY === 0))
        renewing ??= (isUsedUp || world.usedUp ? world.renew() : world.restore())
          .then(() => report.repaired(null), report.repaired)
          .finally(() => (renewing = null))
      if (renewing) await renewing
      const request = requestOf(seed, index, surface, world)
      underWay.set(index, request)
      const outcome = await connection.exchange(request.bytes, request)
      if (!gateway.running) break
      underWay.delete(index)
      report.count(outcome)
      const status = typeof outcome === 'object' ? outcome.status : 0
      world.note(request.title, status)
      if (outcome === 'silent' || (status >= 500 && !EXPECTED_5XX.includes(status))) keep(index, request, outcome)
      else if (typeof outcome === 'object') compare(index, request, outcome)
      // A process that died shows first as a connection that closes without an answer.
      if (outcome === 'closed' && !request.cut) await report.health(gateway, connection)
      if (samples.has(index)) report.memory.push(await readMemory(gateway))
    }
    connection.close()
  }

  /** An intact request of the runner protocol is answered as its document says. */
  function compare(index: number, request: Request, { status, text }: Exclude<Outcome, string>): void {
    const operation = request.intact && protocol.find(request.intact.method, request.intact.path)
    if (!operation || request.intact?.method === 'HEAD') return
    const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s)
    const contentType = /^content-type: (.*)$/im.exec(head)?.[1] ?? null
    // Only the beginning of a long answer is kept.
    const whole = Buffer.byteLength(body) === Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
    const faults = whole
      ? protocol.faultsOf(operation, { status, contentType, text: body })
      : protocol.faultsOfHead(operation, { status, contentType })
    if (faults.length > 0) keep(index, request, `${faults.join('; ')}: ${text}`)
  }

  function keep(index: number, request: Request, outcome: unknown): void {
    const file = join(tmpdir(), `yardmaster-fuzz-${seed}-${index}.http`)
    writeFileSync(file, request.bytes)
    report.fail(
      `request ${index}, ${request.title}: ${JSON.stringify(outcome).slice(0, 400)}\n    bytes in ${file}; again: --seed ${seed} --from ${index} --requests 1`,
    )
  }

  // Checks health repeatedly as long as requests are under way.
  const probing = new AbortController()
  const probe = (async () => {
    const connection = connect()
    while (!probing.signal.aborted && gateway.running) {
      await report.health(gateway, connection)
      await pause(PROBE_EVERY_MS)
    }
    connection.close()
  })()
  const tell = (memory: Memory): void => console.log(report.line(memory))
  const telling = setInterval(() => void readMemory(gateway).then(tell, () => {}), TELL_EVERY_MS)
  await Promise.all(Array.from({ length: connections }, work))
  clearInterval(telling)
  // A run that reached its time limit ends where it is.
  if (gateway.running && report.memory.length < samples.size) report.memory.push(await readMemory(gateway))
  probing.abort()
  await probe
  if (!gateway.running) for (const [index, request] of underWay) keep(index, request, 'the process died')
  report.deaths = gateway.running ? 0 : 1
  if (gateway.running) await send('GET', `${gateway.url}/healthz`)
  return report
}

function readArguments() {
  const options = Object.fromEntries(
    ['requests', 'minutes', 'seed', 'from', 'connections'].map((name) => [name, { type: 'string' as const }]),
  )
  const { values } = parseArgs({ options })
  const number = (name: string, fallback: number): number => {
    const value = values[name]
    if (value === undefined) return fallback
    if (typeof value === 'string' && /^\d{1,9}$/.test(value)) return Number(value)
    console.error(`--${name}: found ${JSON.stringify(value)}, allowed is a whole number\n${USAGE}`)
    return process.exit(1)
  }
  return {
    requests: number('requests', 20_000),
    minutes: number('minutes', 0),
    seed: number('seed', Math.floor(Math.random() * 1_000_000_000)),
    from: number('from', 0),
    connections: number('connections', 64),
  }
}
