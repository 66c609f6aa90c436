import { randomBytes } from 'node:crypto'
import { openTestDatabase, type TestDatabase } from '@yardmaster/db/testing'
import { digestOf, type JobStatus, type ObjectStore, type Policy, type Runner } from '@yardmaster/domain'
import { type CrashableProcess, startCrashableProcess } from './crashable-process.ts'
import { HISTORY, type Pace, setPace } from './history.ts'
import { openShelf, openWires, type Servers } from './outside.ts'
import type { Random } from './random.ts'

/** What a runner knows of a job it was given. */
export interface HeldJob {
  readonly id: number
  readonly token: string
  /** Bytes of log that were accepted; what its next piece begins with. */
  accepted: number
  /** The furthest it ever sent. */
  sent: number
  /** The last piece it sent. */
  last: { readonly start: number; readonly bytes: number } | null
  /** A piece was sent and no answer came: its process died. */
  inDoubt: boolean
  /** Its final state was accepted, or it was refused: its runner was told to stop. */
  over: boolean
}

interface KnownRunner {
  readonly runner: Runner
  readonly managerId: number
}

/** Several processes over the same data, and what the runners that speak to them know. */
export interface World extends AsyncDisposable {
  readonly random: Random
  readonly database: TestDatabase
  readonly objects: ObjectStore
  readonly runners: readonly KnownRunner[]
  /** Those that are there: a removed one is replaced. */
  readonly projects: number[]
  readonly held: Map<number, HeldJob>
  /** Jobs whose logs were sent to since somebody looked at them. */
  readonly unread: Set<number>
  /** How often somebody asked for another attempt at a job. */
  readonly retriesAsked: Map<number, number>
  /** What must never happen and did. */
  readonly violations: string[]
  /** Another project stands in for one that is removed. */
  replaceProject(id: number): Promise<void>
  process(): CrashableProcess
  /** A process died and was not started anew. */
  readonly isBereft: boolean
  /** Dead processes are started anew; with `all` the others too. */
  revive(all?: boolean): Promise<void>
  /** How long changes take until they are committed. */
  setPace(pace: Pace): Promise<void>
  /** Jobs as they are now, by status; with `closely` those of one pipeline only. */
  look(closely?: boolean): Promise<ReadonlyMap<JobStatus, readonly number[]>>
}

const PROCESSES = 3
const RUNNERS = [
  { tagList: [], runUntagged: true, costFactor: 1 },
  { tagList: ['a'], runUntagged: false, costFactor: 2.5 },
  { tagList: ['a', 'b'], runUntagged: true, costFactor: 1 },
  { tagList: ['b'], runUntagged: false, costFactor: 0 },
]

const POLICY: Policy = {
  externalUrl: 'http://127.0.0.1',
  version: '0.0.0',
  registrationEnabled: true,
  runnerTokenLifetimeSeconds: null,
  longPollMs: 0,
  maxTraceMib: 1,
  artifactsEnabled: true,
  maxArtifactBytes: 1_048_576,
  demoCommand: 'npm run demo',
  artifactExpireSeconds: 30 * 86_400,
  jobRequestsPerMinute: 0,
}

export async function openWorld(random: Random, servers: Servers): Promise<World> {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await openTestDatabase())
  await database.db.script(HISTORY)
  const { objects } = opened.use(await openShelf(servers))
  const namespace = `model:${randomBytes(8).toString('hex')}`

  const violations: string[] = []
  const start = async () =>
    startCrashableProcess(
      { ...database.stores, objects, policy: POLICY },
      await openWires(servers, namespace),
      (name, error) => violations.push(`could not ${name}: ${error}`),
    )
  const processes = await Promise.all(Array.from({ length: PROCESSES }, start))
  opened.defer(async () => {
    for (const process of processes) await process[Symbol.asyncDispose]()
  })
  const runners = await Promise.all(RUNNERS.map((attributes, index) => makeRunner(database, index, attributes)))
  const projects = await Promise.all(['one', 'two'].map((path) => makeProject(database, path)))
  // Nobody sends what it is to be told of: it piles up, and can be counted.
  await database.stores.webhooks.create({
    projectId: null,
    url: 'http://127.0.0.1',
    secret: '',
    statuses: [],
    enabled: true,
  })

  const running = opened.move()
  return {
    random,
    database,
    objects,
    runners,
    projects,
    async replaceProject(id) {
      projects[projects.indexOf(id)] = await makeProject(database, randomBytes(8).toString('hex'))
    },
    held: new Map(),
    unread: new Set(),
    retriesAsked: new Map(),
    violations,
    process() {
      const process = random.pick(processes)
      if (!process) throw new Error('no process')
      return process
    },
    get isBereft() {
      return processes.some(({ isDead }) => isDead)
    },
    async revive(all = false) {
      for (const [index, process] of processes.entries()) {
        if (!process.isDead && !all) continue
        await process[Symbol.asyncDispose]()
        processes[index] = await start()
      }
    },
    setPace: (pace) => setPace(database.db, pace),
    async look(closely = false) {
      const [last] = await database.db.query<{ id: number | null }>('select max(id) as id from pipelines')
      const one = closely ? 1 + random.below(last?.id ?? 1) : null
      const rows = await database.db.query<{ status: JobStatus; ids: number[] }>(
        `select status, array_agg(id order by id) as ids
           from jobs where $1::integer is null or pipeline_id = $1 group by status`,
        [one],
      )
      return new Map(rows.map(({ status, ids }) => [status, ids]))
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function makeRunner(
  { stores }: TestDatabase,
  index: number,
  attributes: (typeof RUNNERS)[number],
): Promise<KnownRunner> {
  const runner = await stores.runners.create({
    runnerType: 'instance_type',
    registrationType: 'registration_token',
    creationState: 'finished',
    name: null,
    tokenDigest: digestOf(`runner ${index}`),
    tokenPrefix: 'glrtr-',
    tokenExpiresAt: null,
    groupId: null,
    projectIds: [],
    description: null,
    maintenanceNote: null,
    paused: false,
    locked: false,
    accessLevel: 'not_protected',
    maximumTimeout: null,
    ...attributes,
  })
  // Every other one can be asked to stop.
  const details = index % 2 === 0 ? { features: { cancel_gracefully: true } } : {}
  const manager = await stores.runners.seeManager(runner.id, `s_${index}`, details, new Date())
  return { runner, managerId: manager.id }
}

async function makeProject({ stores }: TestDatabase, path: string): Promise<number> {
  const project = await stores.projects.create({ path })
  if (!project) throw new Error('path taken')
  return project.id
}
