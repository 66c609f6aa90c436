import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openTestDatabase, type TestDatabase } from '@yardmaster/db/testing'
import { digestOf, type JobStatus, type ObjectStore, type Policy, type Runner } from '@yardmaster/domain'
import { FilesystemObjectStore } from '../adapters/filesystem-object-store.ts'
import { type Mortal, startMortal } from './mortal.ts'
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
  /** Its final state was accepted. */
  over: boolean
}

export interface KnownRunner {
  readonly runner: Runner
  readonly managerId: number
}

/** Several processes over the same data, and what the runners that speak to them know. */
export interface World extends AsyncDisposable {
  readonly random: Random
  readonly database: TestDatabase
  readonly objects: ObjectStore
  readonly runners: readonly KnownRunner[]
  readonly projects: readonly number[]
  readonly held: Map<number, HeldJob>
  /** What must never happen and did. */
  readonly violations: string[]
  process(): Mortal
  /** Dead processes are started anew; with `all` the others too. */
  revive(all?: boolean): Promise<void>
  /** Jobs as they are now, by status; with `closely` those of one pipeline only. */
  look(closely?: boolean): Promise<ReadonlyMap<JobStatus, readonly number[]>>
}

const PROCESSES = 3
const RUNNERS = [
  { tagList: [], runUntagged: true },
  { tagList: ['a'], runUntagged: false },
  { tagList: ['a', 'b'], runUntagged: true },
  { tagList: ['b'], runUntagged: false },
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
  artifactExpireSeconds: 30 * 86_400,
  jobRequestsPerMinute: 0,
}

/**
 * Every status a job has ever had, whoever gave it. And now and then a change takes a while until it is committed, so that
 * others meet it half done.
 */
const HISTORY = `
create table job_history (n bigint generated always as identity, job_id integer, before text, after text);
create function note_status() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into job_history (job_id, after) values (new.id, new.status);
  elsif new.status <> old.status then
    insert into job_history (job_id, before, after) values (new.id, old.status, new.status);
  end if;
  return null;
end $$;
create trigger note_status after insert or update of status on jobs for each row execute function note_status();
create function linger() returns trigger language plpgsql as $$
begin
  if random() < 0.1 then
    perform pg_sleep(random() * 0.02);
  end if;
  return null;
end $$;
create trigger linger after insert or update of status on jobs for each statement execute function linger();
create trigger linger after delete on trace_pieces for each statement execute function linger()`

export async function openWorld(random: Random): Promise<World> {
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await openTestDatabase())
  await database.db.script(HISTORY)
  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-model-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const objects = opened.use(await FilesystemObjectStore.open(folder))

  const violations: string[] = []
  const start = () =>
    startMortal({ ...database.stores, objects, policy: POLICY }, (name, error) =>
      violations.push(`could not ${name}: ${error}`),
    )
  const processes = Array.from({ length: PROCESSES }, start)
  opened.defer(async () => {
    for (const process of processes) await process[Symbol.asyncDispose]()
  })
  const runners = await Promise.all(RUNNERS.map((attributes, index) => makeRunner(database, index, attributes)))
  const projects = await Promise.all(['one', 'two'].map((path) => makeProject(database, path)))

  const running = opened.move()
  return {
    random,
    database,
    objects,
    runners,
    projects,
    held: new Map(),
    violations,
    process() {
      const process = random.pick(processes)
      if (!process) throw new Error('no process')
      return process
    },
    async revive(all = false) {
      for (const [index, process] of processes.entries()) {
        if (!process.isDead && !all) continue
        await process[Symbol.asyncDispose]()
        processes[index] = start()
      }
    },
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
  attributes: { readonly tagList: readonly string[]; readonly runUntagged: boolean },
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
    costFactor: 1,
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
