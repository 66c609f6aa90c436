import { parseArgs } from 'node:util'
import { exitWhenInterrupted } from '../../support/at-exit.ts'
import { freshDataDir } from '../../support/data-dir.ts'
import { Gateway } from '../../support/gateway.ts'
import { OpenApi } from '../../support/openapi.ts'
import { hasServers, openStorage } from '../../support/storage.ts'
import { type Case, caseOf } from './cases.ts'
import { exchange } from './exchange.ts'
import { Installation } from './installation.ts'
import { faultsOf } from './judge.ts'

const USAGE = 'Usage: npm run fuzz:document -- [--requests N] [--seed S] [--from I] [--connections N]'
/** The installation is renewed after this many requests, which have used up its projects, runners and jobs. */
const RENEW_EVERY = 300
const SHOWN_FAILURES = 10

const { requests, seed, from, connections } = readArguments()
exitWhenInterrupted()
process.exitCode = await main()

/** Sends requests generated from the gateway's own OpenAPI document, and compares the answers with it. */
async function main(): Promise<number> {
  const storage = await openStorage(hasServers ? 'production' : 'embedded')
  const directory = await freshDataDir(storage.env)
  const gateway = await Gateway.start(directory.path, { LONG_POLL_SECONDS: '0', LOG_LEVEL: 'error', ...storage.env })
  console.log(`${requests} requests, seed ${seed}, ${connections} connections, storage ${storage.kind}`)
  try {
    const failures = await fuzz(gateway)
    if (failures > 0) console.log(`The gateway said last:\n${gateway.output.slice(-4000)}`)
    return failures > 0 ? 1 : 0
  } finally {
    await gateway.stop()
    await directory.dispose()
    await storage.dispose()
  }
}

async function fuzz(gateway: Gateway): Promise<number> {
  const document = await OpenApi.read(`${gateway.url}/api/openapi.json`)
  const installation = new Installation(gateway)
  const begun = performance.now()
  const answers = new Map<string, number>()
  const asked = new Map<string, number>()
  let failures = 0

  const make = (index: number): Case =>
    caseOf({
      ...{ seed, index, operations: document.operations, base: document.base, token: gateway.adminToken },
      known: installation.known,
    })

  async function ask(one: Case): Promise<void> {
    const answer = await exchange(gateway.url, one).catch((error: Error) => error)
    const faults =
      answer instanceof Error ? [`${answer} ${answer.cause ?? ''}`] : answer ? faultsOf(document, one, answer) : []
    const name = answer instanceof Error ? 'none' : String(answer?.status ?? 'cut')
    answers.set(`${one.promised.kind} ${name}`, (answers.get(`${one.promised.kind} ${name}`) ?? 0) + 1)
    if (answer && 'status' in answer && answer.status < 400)
      asked.set(one.operation.id, (asked.get(one.operation.id) ?? 0) + 1)
    if (faults.length === 0 && gateway.running) return
    failures += 1
    if (failures <= SHOWN_FAILURES) console.log(describe(one, gateway.running ? faults : ['the process died'], answer))
  }

  const last = from + requests
  for (let at = from; at < last && gateway.running; at += RENEW_EVERY) {
    await installation.renew()
    let next = at
    const end = Math.min(last, at + RENEW_EVERY)
    const work = async () => {
      while (next < end && gateway.running) await ask(make(next++))
    }
    await Promise.all(Array.from({ length: connections }, work))
  }
  const never = document.operations.map(({ id }) => id).filter((id) => !asked.has(id))
  console.log(
    [
      `seed ${seed}: ${requests} requests in ${((performance.now() - begun) / 1000).toFixed(1)} s, failures: ${failures}`,
      `answers: ${[...answers]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([name, count]) => `${name}: ${count}`)
        .join(', ')}`,
      `operations: ${document.operations.length}, never carried out: ${never.join(', ') || 'none'}`,
    ].join('\n'),
  )
  return failures
}

/** Describes a failure, with what it takes to send the request again. */
function describe(
  { index, operation, how, method, path, headers, body }: Case,
  faults: readonly string[],
  answer: unknown,
): string {
  const { Authorization: _, ...shown } = headers
  return [
    `request ${index}, ${operation.id}, ${how}:`,
    ...faults.slice(0, 5).map((fault) => `  ${fault}`),
    `  sent: ${method} ${path.slice(0, 2000)} ${JSON.stringify(shown)}`,
    ...(body ? [`  body: ${body.toString('utf8', 0, 2000)}`] : []),
    `  answer: ${(answer instanceof Error ? String(answer) : JSON.stringify(answer)).slice(0, 1000)}`,
    `  again: --seed ${seed} --from ${index} --requests 1`,
  ].join('\n')
}

function readArguments() {
  const options = Object.fromEntries(
    ['requests', 'seed', 'from', 'connections'].map((name) => [name, { type: 'string' as const }]),
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
    requests: number('requests', 5000),
    seed: number('seed', Math.floor(Math.random() * 1_000_000_000)),
    from: number('from', 0),
    connections: Math.max(1, number('connections', 8)),
  }
}
