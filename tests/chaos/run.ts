import { setTimeout as pause } from 'node:timers/promises'
import { Admin } from '../support/admin.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import { notNull } from '../support/not-null.ts'
import { auditAll, auditFinished, auditObjects } from './audit.ts'
import { Canary } from './canary.ts'
import { type Fault, faultsOf } from './faults.ts'
import { type Installation, openInstallation } from './installation.ts'
import { Ledger } from './ledger.ts'
import { Memory } from './memory.ts'
import type { Form } from './options.ts'
import { patiently } from './patiently.ts'
import { Random } from './random.ts'
import { Recoveries, recovered, summary } from './recovery.ts'
import { Report } from './report.ts'
import { work } from './runner.ts'
import type { Scene } from './scene.ts'
import { submit } from './submitter.ts'

const RUNNERS = 6
const MINUTE_MS = 60_000
/** A run shorter than this gets shorter faults, so that there are enough of them. */
const LONG_MINUTES = 3

/** Runs chaos on one storage form. @returns the number of differences found. */
export async function runChaos(form: Form, { minutes, seed }: { minutes: number; seed: number }): Promise<number> {
  const report = new Report(form, `npm run chaos -- --minutes ${minutes} --seed ${seed} --storage ${form}`)
  report.say(`seed ${seed}; again: npm run chaos -- --minutes ${minutes} --seed ${seed} --storage ${form}`)
  await using installation = await openInstallation(form, report)
  const { fleet } = installation
  const admin = new Admin(fleet.url, { token: fleet.adminToken })
  const canary = await Canary.start(fleet.url, admin, report)
  const project = await admin.mutate('projects.create', { path: 'chaos', instanceRunnersEnabled: false })
  const scene = { seed, installation, ledger: new Ledger(), report, admin, projectId: project.id }
  const memory = new Memory(fleet, report)
  const recoveries = new Recoveries()

  const noMore = new AbortController()
  const over = new AbortController()
  const runners = await Promise.all(
    Array.from({ length: RUNNERS }, () => FakeRunner.register(fleet.url, notNull(project.registrationToken))),
  )
  const working = runners.map((runner) => work(scene, runner, over.signal))
  const submitting = submit(scene, noMore.signal)
  const auditing = auditFinished(scene, noMore.signal)
  const begun = Date.now()
  const line = () => progress(scene, recoveries, memory, begun)
  const everyMinute = setInterval(() => report.say(line()), MINUTE_MS)
  const everyTenSeconds = setInterval(() => void memory.look(), 10_000)
  try {
    await cause(scene, canary, recoveries, begun + minutes * MINUTE_MS, minutes)
    noMore.abort()
    await Promise.all([submitting, auditing])
    await auditAll(scene)
    over.abort()
    await Promise.all(working)
    await canary.finish(admin)
    await auditObjects(scene)
    await ready(installation, report)
    await memory.look()
  } finally {
    noMore.abort()
    over.abort()
    clearInterval(everyMinute)
    clearInterval(everyTenSeconds)
  }
  report.say(line())
  for (const row of [...recoveries.table(), ...details(scene)]) report.say(`  ${row}`)
  const found = report.differences.length
  report.say(found === 0 ? 'everything is as it should be' : `${found} differences, seed ${seed}`)
  return found
}

/** Injects faults until the time is up: each kind comes once before any kind is repeated. */
async function cause(scene: Scene, canary: Canary, recoveries: Recoveries, until: number, minutes: number) {
  const { installation, seed } = scene
  const random = new Random(seed, installation.form, 'faults')
  const long = minutes >= LONG_MINUTES
  const [shortest, longest] = long ? [500, 8_000] : [300, 2_000]
  let deck: Fault[] = []
  while (Date.now() < until) {
    await pause(random.between(300, long ? 4_000 : 1_000))
    if (deck.length === 0) deck = random.shuffle(faultsOf(installation, random))
    const fault = deck.pop()
    if (fault) await suffer(fault, random.between(shortest, longest), scene, canary, recoveries)
  }
}

async function suffer(
  fault: Fault,
  ms: number,
  { installation, report }: Scene,
  canary: Canary,
  recoveries: Recoveries,
) {
  const { fleet } = installation
  report.note(`${fault.what}, for ${(ms / 1000).toFixed(1)} s`)
  await fault.begin()
  await pause(ms)
  const ended = Date.now()
  await fault.end()
  const wait = await recovered(fleet, canary)
  const took = Date.now() - ended
  report.note(`${fault.what}: ${wait === null ? 'not over' : `over after ${(took / 1000).toFixed(2)} s`}`)
  recoveries.add(fault.kind, took)
  if (wait !== null) return
  report.difference(`${fault.what}: no recovery within ${Math.round(took / 1000)} s; the gateways are restarted`, ended)
  for (const member of fleet.members) {
    await fleet.kill(member)
    await fleet.launch(member)
  }
}

async function ready({ fleet }: Installation, report: Report): Promise<void> {
  for (const { name, gateway } of fleet.members) {
    const there = new Admin(gateway?.url ?? '', { token: fleet.adminToken })
    const { status, text } = await patiently(() => there.send('GET', '/readyz'))
    if (status !== 200) report.difference(`${name} is not ready at the end: ${status} ${text}`)
  }
}

function progress({ ledger, report }: Scene, recoveries: Recoveries, { highestMib }: Memory, begun: number): string {
  const { counts, attempts } = ledger
  const times = recoveries.all
  const { p50, max } = summary(times)
  return [
    `${((Date.now() - begun) / MINUTE_MS).toFixed(1)} min`,
    `${attempts.size} jobs`,
    `${megabytes(counts.logBytes)} of logs`,
    `${counts.uploads} artifacts (${megabytes(counts.artifactBytes)})`,
    `${times.length} faults`,
    `recovery p50 ${p50} s, max ${max} s`,
    `memory ${highestMib} MiB at most`,
    `${report.differences.length} differences`,
  ].join(', ')
}

function details({ ledger }: Scene): string[] {
  const { counts, pipelines, canceled } = ledger
  return [
    `${pipelines.length} pipelines, ${canceled.size} cancellations, ${counts.downloads} artifacts fetched by later jobs`,
    `${counts.patches} patches accepted, ${counts.resumed} resumed after 416, ` +
      `${counts.unanswered} calls without an answer, ${counts.refusedByServer} answered 5xx, the longest ${(counts.longestCallMs / 1000).toFixed(1)} s`,
  ]
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`
