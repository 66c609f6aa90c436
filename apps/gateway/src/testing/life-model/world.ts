import { randomBytes } from 'node:crypto'
import { planPipeline } from '@yardmaster/ci-config'
import { ok } from '@yardmaster/common'
import { openTestDatabase, type TestDatabase } from '@yardmaster/db/testing'
import { digestOf, type Policy } from '@yardmaster/domain'
import type { JobStatus } from '@yardmaster/domain/jobs'
import type { ConfigCompiler, ObjectStore } from '@yardmaster/domain/ports'
import type { Runner } from '@yardmaster/domain/runners'
import { TEST_POLICY } from '@yardmaster/domain/testing'
import { type CrashableProcess, startCrashableProcess } from './crashable-process.ts'
import { HISTORY, type Pace, setPace } from './history.ts'
import { openObjects, openWires, type Servers } from './outside.ts'
import type { Random } from './random.ts'

/** What a runner knows about a job that it got. */
export interface HeldJob {
  readonly id: number
  readonly token: string
  /** Accepted bytes of the log, where the next piece begins. */
  accepted: number
  /** The end of the furthest bytes it ever sent. */
  sent: number
  /** The last piece it sent. */
  last: { readonly start: number; readonly bytes: number } | null
  /** A piece was sent without an answer, because its process died. */
  inDoubt: boolean
  /** Its final state was accepted, or a request was refused so that its runner stops. */
  over: boolean
}

interface KnownRunner {
  readonly runner: Runner
  readonly managerId: number
}

/** Several processes over the same data, and what their runners know. */
export interface World extends AsyncDisposable {
  readonly random: Random
  readonly database: TestDatabase
  readonly objects: ObjectStore
  readonly runners: readonly KnownRunner[]
  /** Existing projects; a removed one is replaced. */
  readonly projects: number[]
  readonly held: Map<number, HeldJob>
  /** Jobs whose logs changed since they were last checked. */
  readonly unread: Set<number>
  /** How often users requested a retry of each job. */
  readonly retriesRequested: Map<number, number>
  /** Things that happened and must never happen. */
  readonly violations: string[]
  /** Replaces a project that is removed by a new one. */
  replaceProject(id: number): Promise<void>
  process(): CrashableProcess
  /** Whether a process died and was not restarted. */
  readonly hasDeadProcess: boolean
  /** Restarts dead processes; with `all` the others too. */
  revive(all?: boolean): Promise<void>
  /** Calls off the deaths that are to come: work in the background may get to them at any moment. */
  spareAll(): void
  /** Sets how often changes are committed with a delay. */
  setPace(pace: Pace): Promise<void>
  /** Returns the current jobs by status; with `closely` only those of one pipeline. */
  look(closely?: boolean): Promise<ReadonlyMap<JobStatus, readonly number[]>>
}

const PROCESSES = 3
const RUNNERS = [
  { tagList: [], runUntagged: true, costFactor: 1 },
  { tagList: ['a'], runUntagged: false, costFactor: 2.5 },
  { tagList: ['a', 'b'], runUntagged: true, costFactor: 1 },
  { tagList: ['b'], runUntagged: false, costFactor: 0 },
]

const POLICY: Policy = { ...TEST_POLICY, maxTraceMib: 1, maxArtifactBytes: 1_048_576 }

const COMPILER: ConfigCompiler = { plan: async (request) => ok(await planPipeline(request)) }

export async function openWorld(random: Random, servers: Servers): Promise<World> {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await openTestDatabase())
  await database.db.script(HISTORY)
  const { objects } = opened.use(await openObjects(servers))
  const namespace = `model:${randomBytes(8).toString('hex')}`

  const violations: string[] = []
  const start = async () =>
    startCrashableProcess(
      { ...database.stores, objects, configs: COMPILER, policy: POLICY },
      await openWires(servers, namespace),
      (name, error) => violations.push(`could not ${name}: ${error}`),
    )
  const processes = await Promise.all(Array.from({ length: PROCESSES }, start))
  opened.defer(async () => {
    for (const process of processes) await process[Symbol.asyncDispose]()
  })
  const runners = await Promise.all(RUNNERS.map((attributes, index) => makeRunner(database, index, attributes)))
  const projects = await Promise.all(['one', 'two'].map((path) => makeProject(database, path)))
  // Its deliveries are never sent, so that they can be counted.
  await database.stores.webhooks.create({
    projectId: null,
    url: 'http://127.0.0.1',
    secret: '',
    events: ['job'],
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
    retriesRequested: new Map(),
    violations,
    process() {
      const process = random.pick(processes)
      if (!process) throw new Error('no process')
      return process
    },
    get hasDeadProcess() {
      return processes.some(({ isDead }) => isDead)
    },
    async revive(all = false) {
      for (const [index, process] of processes.entries()) {
        if (!process.isDead && !all) continue
        await process[Symbol.asyncDispose]()
        processes[index] = await start()
      }
    },
    spareAll() {
      for (const process of processes) process.dieAt(Number.POSITIVE_INFINITY, false)
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
  // Every other runner can cancel gracefully.
  const details = index % 2 === 0 ? { features: { cancel_gracefully: true } } : {}
  const manager = await stores.runners.seeManager(runner.id, `s_${index}`, details, new Date())
  return { runner, managerId: manager.id }
}

async function makeProject({ stores }: TestDatabase, path: string): Promise<number> {
  const project = await stores.projects.create({ path })
  if (!project) throw new Error('path taken')
  return project.id
}
