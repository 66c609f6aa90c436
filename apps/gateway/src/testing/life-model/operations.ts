import { ok } from '@yardmaster/common'
import { expireArtifacts } from '@yardmaster/domain/artifacts'
import { followChildren, startChildren } from '@yardmaster/domain/children'
import {
  cancelJob,
  endRemovedJobs,
  eraseJob,
  type JobLimits,
  removeProject,
  timeOutJobs,
} from '@yardmaster/domain/execution'
import type { JobStatus } from '@yardmaster/domain/jobs'
import {
  cancelAfterFailures,
  cancelPipeline,
  createFromConfig,
  createJob,
  createPipeline,
  eraseRemovedJobs,
  removePipeline,
} from '@yardmaster/domain/pipelines'
import type { TerminalSession } from '@yardmaster/domain/ports'
import { catchUp, playJob, startDelayedJobs } from '@yardmaster/domain/processing'
import { claimJob } from '@yardmaster/domain/queue'
import { PROCESS_MODES, setProcessMode } from '@yardmaster/domain/resource-groups'
import { removeOldLogs, removeOldPipelines } from '@yardmaster/domain/retention'
import { steadyClock } from '@yardmaster/domain/testing'
import { sealFinishedTraces, sealTrace } from '@yardmaster/domain/traces'
import type { CrashableProcess } from './crashable-process.ts'
import { RESOURCES, someConfiguration, someJob, somePipeline } from './definitions.ts'
import { report, sendPiece, talkAndEnd, together, tryAgain, tryPipelineAgain, upload } from './runner-calls.ts'
import { tidy } from './tidy.ts'
import type { World } from './world.ts'

export interface Operation {
  readonly name: string
  /** Relative frequency of being drawn. */
  readonly weight: number
  /** Whether it changes the status of jobs; drawn more often while operations are on the same few jobs. */
  readonly isLife?: boolean
  /** Draws everything it needs first, then runs. */
  run(world: World, process: CrashableProcess, jobs: Jobs): Promise<unknown>
}

type Act = (process: CrashableProcess, id: number, world: World) => Promise<unknown>

type Jobs = ReadonlyMap<JobStatus, readonly number[]>

/** Thrown while a payload is made, to check that its job fails and the search continues. */
class PayloadFailed extends Error {
  override toString = (): string => PAYLOAD_FAILED
}
export const PAYLOAD_FAILED = 'a payload that failed on purpose'

const SESSION: TerminalSession = { url: 'https://127.0.0.1/session', certificate: '', authorization: '' }

const YEAR = 365 * 86_400
const PATIENT: JobLimits = {
  silenceSeconds: YEAR,
  acceptSeconds: YEAR,
  pendingSeconds: YEAR,
  stuckPendingSeconds: YEAR,
  timeoutGraceSeconds: YEAR,
}
const EVER = new Date(0)

export const timeOut = (process: CrashableProcess, limits: Partial<JobLimits>): Promise<void> =>
  timeOutJobs(process.services, { ...PATIENT, ...limits }, EVER)

/** Short, so that it sometimes ends just while the job sends a signal. */
export const SILENCE_SECONDS = 0.03

const silence: Act = (process) => timeOut(process, { silenceSeconds: SILENCE_SECONDS })

export async function claim(world: World, process: CrashableProcess): Promise<boolean> {
  const { random, runners, held, violations } = world
  const known = random.pick(runners)
  if (!known) throw new Error('no runner')
  const fails = random.chance(0.02)
  const leaves = random.chance(0.05)
  let isGone = false
  const claimed = await claimJob(
    process.services,
    {
      ...known,
      features: ['return_exit_code', 'upload_multiple_artifacts'],
      jobAge: null,
      session: random.chance(0.3) ? SESSION : null,
      answersHold: random.chance(0.5),
      isGone: () => isGone,
    },
    async (_taken, token) => {
      if (fails) throw new PayloadFailed()
      isGone = leaves
      return ok(token)
    },
  )
  if (claimed.ok && claimed.value === 'gone') return true
  if (!claimed.ok || claimed.value === null || typeof claimed.value === 'string') return false
  const { taken, payload: token } = claimed.value
  const { id } = taken.job
  if (held.has(id)) violations.push(`job ${id} was handed out twice`)
  held.set(id, { id, token, accepted: 0, sent: 0, last: null, inDoubt: false, over: false })
  return true
}

/** Picks a job, often one of the latest, to which more can happen than to old ones. */
function pickFrom({ random }: World, jobs: Jobs, statuses: readonly JobStatus[]): number | undefined {
  const ids = statuses.flatMap((status) => jobs.get(status) ?? []).sort((a, b) => a - b)
  return random.pick(random.chance(0.6) ? ids.slice(-6) : ids)
}

const WAITING = ['created', 'waiting_for_resource', 'pending', 'manual', 'scheduled'] as const
const OVER = ['success', 'failed', 'canceled', 'skipped'] as const

/** Makes an operation on a job, mostly in one of these states and sometimes in any. */
function ofJob(name: string, weight: number, statuses: readonly JobStatus[], act: Act): Operation {
  return {
    name,
    weight,
    isLife: true,
    async run(world, process, jobs) {
      const fitting = world.random.chance(0.95) ? statuses : [...jobs.keys()]
      const id = pickFrom(world, jobs, fitting)
      // Sometimes two users press the button at the same moment.
      const times = world.random.chance(0.2) ? 2 : 1
      if (id !== undefined) await together(Array.from({ length: times }, () => act(process, id, world)))
    },
  }
}

const cancel: Act = (process, id, { random }) => cancelJob(process.services, { id, force: random.chance(0.3) })
const play: Act = (process, id) => playJob(process.services, id)
const retry: Act = (process, id, world) => tryAgain(world, process, id)
const erase: Act = (process, id) => eraseJob(process.services, id)
const seal: Act = (process, id) => sealTrace(process.services, id)
const followUp: Act = (process) => catchUp(process.services)
const reportState: Act = (process, id, world) => report(world, process, world.held.get(id))
const claimAny: Act = (process, _id, world) => claim(world, process)
const write: Act = (process, id, world) => sendPiece(world, process, world.held.get(id))

/** Acts that compete for one job, by its status when they start. */
const RIVALS: readonly { readonly statuses: readonly JobStatus[]; readonly acts: readonly Act[] }[] = [
  { statuses: ['manual', 'scheduled'], acts: [play, play, cancel, cancel, followUp] },
  { statuses: ['pending', 'waiting_for_resource', 'created'], acts: [cancel, cancel, claimAny, claimAny, followUp] },
  { statuses: ['running', 'canceling'], acts: [cancel, reportState, reportState, write, write, silence] },
  { statuses: OVER, acts: [retry, retry, erase, seal, followUp] },
]

/** Several concurrent acts on the same job, each through some process. */
const rivalry: Operation = {
  name: 'be rivals',
  weight: 12,
  isLife: true,
  async run(world, _process, jobs) {
    const { random } = world
    const some = random.pick(RIVALS)
    const id = some && pickFrom(world, jobs, some.statuses)
    if (!some || id === undefined) return
    const acts = Array.from({ length: 2 + random.below(3) }, () => random.pick(some.acts) ?? followUp)
    await together(acts.map((act) => act(world.process(), id, world)))
  },
}

/** Retries all finished jobs of a pipeline at once, and plays all manual ones. */
async function shake(world: World, _process: CrashableProcess, jobs: Jobs): Promise<void> {
  const id = pickFrom(world, jobs, OVER)
  const job = id === undefined ? null : await world.database.stores.jobs.find(id)
  if (!job) return
  const all = await world.database.stores.jobs.list({ pipelineId: job.pipelineId, limit: 100 })
  const acts = all.flatMap(({ id, status, retriedBy }) => {
    if (status === 'manual') return [play(world.process(), id, world)]
    return retriedBy === null && OVER.some((over) => over === status) ? [retry(world.process(), id, world)] : []
  })
  await together(acts)
}

type ActOnPipeline = (process: CrashableProcess, id: number, world: World) => Promise<unknown>

/** Makes an operation on the pipeline of a job in one of these states. */
function ofPipeline(name: string, weight: number, statuses: readonly JobStatus[], act: ActOnPipeline): Operation {
  return {
    name,
    weight,
    isLife: true,
    async run(world, process, jobs) {
      const id = pickFrom(world, jobs, statuses)
      const job = id === undefined ? null : await world.database.stores.jobs.find(id)
      const times = world.random.chance(0.2) ? 2 : 1
      if (job) await together(Array.from({ length: times }, () => act(process, job.pipelineId, world)))
    },
  }
}

async function remove(world: World, process: CrashableProcess): Promise<void> {
  const id = world.random.pick(world.projects)
  if (id === undefined) return
  await world.replaceProject(id)
  await removeProject(process.services, id)
}

/** Sets the order of a resource group that jobs may have named. */
async function setMode({ random, projects }: World, { services }: CrashableProcess): Promise<void> {
  const [projectId, name, mode] = [random.pick(projects), random.pick(RESOURCES), random.pick(PROCESS_MODES)]
  if (projectId !== undefined && name && mode) await setProcessMode(services, { projectId, name, mode })
}

/** Ends a busy connection to the database in the middle of its work. */
async function loseConnection({ database: { db } }: World): Promise<void> {
  await db.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle' limit 1`,
  )
}

/** What ended this long ago is too old for the sweep. */
const RETENTION_MS = 3_000

const aDayLater = ({ services }: CrashableProcess) => ({
  ...services,
  clock: steadyClock(() => new Date(Date.now() + 86_400_000 - RETENTION_MS)),
  policy: { ...services.policy, jobRetentionDays: 1, logRetentionDays: 1 },
})

const sweep = (name: string, weight: number, act: (process: CrashableProcess) => Promise<unknown>): Operation => ({
  name,
  weight,
  isLife: true,
  run: (_world, process) => act(process),
})

export const OPERATIONS: readonly Operation[] = [
  {
    name: 'create a job',
    weight: 5,
    run: (world, process) => createJob(process.services, someJob(world)),
  },
  {
    name: 'create a pipeline',
    weight: 6,
    run: (world, process) => createPipeline(process.services, somePipeline(world)),
  },
  {
    name: 'create a pipeline from a configuration',
    weight: 5,
    run: (world, process) => createFromConfig(process.services, someConfiguration(world)),
  },
  { name: 'request work', weight: 26, run: claim },
  { name: 'send a piece', weight: 24, run: (world, process) => sendPiece(world, process) },
  { name: 'report', weight: 16, run: (world, process) => report(world, process) },
  { name: 'talk and end', weight: 3, run: talkAndEnd },
  { name: 'upload', weight: 8, run: upload },
  { name: 'shake a pipeline', weight: 4, isLife: true, run: shake },
  ofJob('cancel', 3, [...WAITING, 'running', 'canceling'], cancel),
  ofJob('play', 5, ['manual', 'scheduled'], play),
  ofJob('retry', 4, OVER, retry),
  ofJob('erase', 6, OVER, erase),
  ofPipeline('cancel a pipeline', 0.6, [...WAITING, 'running', 'canceling'], ({ services }, id) =>
    cancelPipeline(services, id),
  ),
  ofPipeline('retry a pipeline', 3, ['failed', 'canceled'], (process, id, world) =>
    tryPipelineAgain(world, process, id),
  ),
  ofPipeline('remove a pipeline', 0.5, OVER, ({ services }, id) => removePipeline(services, id)),
  rivalry,
  { name: 'set a mode', weight: 1, isLife: true, run: setMode },
  { name: 'remove a project', weight: 0.15, run: remove },
  { name: 'lose a connection', weight: 0.5, run: loseConnection },
  sweep('fail what was not accepted', 0.5, (process) => timeOut(process, { acceptSeconds: 0 })),
  sweep('fail what is silent', 0.6, (process) => timeOut(process, { silenceSeconds: SILENCE_SECONDS })),
  sweep('fail what waits', 0.15, (process) => timeOut(process, { pendingSeconds: 0 })),
  sweep('start delayed jobs', 2, (process) => startDelayedJobs(process.services)),
  sweep('follow up', 3, (process) => catchUp(process.services)),
  sweep('start children', 6, (process) => startChildren(process.services)),
  sweep('follow children', 6, (process) => followChildren(process.services)),
  sweep('cancel after failures', 2, (process) => cancelAfterFailures(process.services)),
  sweep('erase the jobs of removed pipelines', 0.5, (process) => eraseRemovedJobs(process.services)),
  sweep('end the jobs of removed projects', 0.5, (process) => endRemovedJobs(process.services)),
  sweep('remove old pipelines', 0.4, (process) => removeOldPipelines(aDayLater(process))()),
  sweep('remove old logs', 0.4, (process) => removeOldLogs(aDayLater(process))()),
  sweep('seal', 2, (process) => sealFinishedTraces(process.services)),
  { name: 'tidy segments', weight: 2, isLife: true, run: tidy },
  sweep('expire', 1, (process) => expireArtifacts(process.services)),
  sweep('remove idle lanes', 1, (process) => process.services.jobs.removeIdleLanes()),
]
