import {
  cancelJob,
  catchUp,
  claimJob,
  createJob,
  createPipeline,
  eraseJob,
  expireArtifacts,
  type JobLimits,
  type JobStatus,
  playJob,
  retryJob,
  sealFinishedTraces,
  startDelayedJobs,
  timeOutJobs,
} from '@yardmaster/domain'
import { someJob, somePipeline } from './definitions.ts'
import type { Mortal } from './mortal.ts'
import { report, sendPiece, upload } from './runner-calls.ts'
import type { World } from './world.ts'

export interface Operation {
  readonly name: string
  /** How often it is drawn. */
  readonly weight: number
  /** It is about a job's place among others: drawn more often where many look at the same jobs. */
  readonly isLife?: boolean
  /** Draws what it needs at once, then does it. */
  run(world: World, process: Mortal, jobs: Jobs): Promise<unknown>
}

type Jobs = ReadonlyMap<JobStatus, readonly number[]>

/** Thrown where a payload is made, to see that its job fails and the search goes on. */
class PayloadFailed extends Error {
  override toString = (): string => PAYLOAD_FAILED
}
export const PAYLOAD_FAILED = 'a payload that failed on purpose'

const YEAR = 365 * 86_400
const PATIENT: JobLimits = {
  silenceSeconds: YEAR,
  acceptSeconds: YEAR,
  pendingSeconds: YEAR,
  stuckPendingSeconds: YEAR,
  timeoutGraceSeconds: YEAR,
}
const EVER = new Date(0)

export const timeOut = (process: Mortal, limits: Partial<JobLimits>): Promise<void> =>
  timeOutJobs(process.ports, { ...PATIENT, ...limits }, EVER)

export async function claim(world: World, process: Mortal): Promise<boolean> {
  const { random, runners, held, violations } = world
  const known = random.pick(runners)
  if (!known) throw new Error('no runner')
  const fails = random.chance(0.02)
  const claimed = await claimJob(
    process.ports,
    { ...known, features: ['return_exit_code', 'upload_multiple_artifacts'], jobAge: null, session: null },
    async (_taken, token) => {
      if (fails) throw new PayloadFailed()
      return token
    },
  )
  if (!claimed.ok || claimed.value === null) return false
  const { taken, payload: token } = claimed.value
  const { id } = taken.job
  if (held.has(id)) violations.push(`job ${id} was handed out twice`)
  held.set(id, { id, token, accepted: 0, sent: 0, last: null, inDoubt: false, over: false })
  return true
}

const pickFrom = ({ random }: World, jobs: Jobs, statuses: readonly JobStatus[]): number | undefined =>
  random.pick(statuses.flatMap((status) => jobs.get(status) ?? []))

const WAITING = ['created', 'waiting_for_resource', 'pending', 'manual', 'scheduled'] as const
const OVER = ['success', 'failed', 'canceled', 'skipped'] as const

/** The same for a job in one of these states, mostly; sometimes for any. */
function ofJob(
  name: string,
  weight: number,
  statuses: readonly JobStatus[],
  act: (process: Mortal, id: number, world: World) => Promise<unknown>,
): Operation {
  return {
    name,
    weight,
    isLife: true,
    async run(world, process, jobs) {
      const fitting = world.random.chance(0.95) ? statuses : [...jobs.keys()]
      const id = pickFrom(world, jobs, fitting)
      // Two people press the button at the same moment.
      const times = world.random.chance(0.2) ? 2 : 1
      if (id !== undefined) await Promise.all(Array.from({ length: times }, () => act(process, id, world)))
    },
  }
}

const sweep = (name: string, weight: number, act: (process: Mortal) => Promise<unknown>): Operation => ({
  name,
  weight,
  isLife: true,
  run: (_world, process) => act(process),
})

export const OPERATIONS: readonly Operation[] = [
  {
    name: 'create a job',
    weight: 5,
    run: (world, process) => createJob(process.ports, someJob(world)),
  },
  {
    name: 'create a pipeline',
    weight: 6,
    run: (world, process) => createPipeline(process.ports, somePipeline(world)),
  },
  { name: 'request work', weight: 26, run: claim },
  { name: 'send a piece', weight: 24, run: sendPiece },
  { name: 'report', weight: 16, run: report },
  { name: 'upload', weight: 8, run: upload },
  ofJob('cancel', 3, [...WAITING, 'running', 'canceling'], (process, id, { random }) =>
    cancelJob(process.ports, { id, force: random.chance(0.3) }),
  ),
  ofJob('play', 5, ['manual', 'scheduled'], (process, id) => playJob(process.ports, id)),
  ofJob('retry', 4, OVER, (process, id) => retryJob(process.ports, id)),
  ofJob('erase', 6, OVER, (process, id) => eraseJob(process.ports, id)),
  sweep('fail what was not accepted', 0.5, (process) => timeOut(process, { acceptSeconds: 0 })),
  sweep('fail what is silent', 0.3, (process) => timeOut(process, { silenceSeconds: 0 })),
  sweep('fail what waits', 0.15, (process) => timeOut(process, { pendingSeconds: 0 })),
  sweep('start delayed jobs', 2, (process) => startDelayedJobs(process.ports)),
  sweep('follow up', 3, (process) => catchUp(process.ports)),
  sweep('seal', 2, (process) => sealFinishedTraces(process.ports)),
  sweep('expire', 1, (process) => expireArtifacts(process.ports)),
  sweep('remove idle lanes', 1, (process) => process.ports.jobs.removeIdleLanes()),
]
