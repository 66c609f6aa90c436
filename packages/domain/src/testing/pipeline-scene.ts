import type { JobStatus } from '../jobs/job.ts'
import { createFromConfig, type MadePipeline, type NewConfigPipeline } from '../pipelines/create-from-config.ts'
import type { Pipeline } from '../pipelines/pipeline.ts'
import type { HandedJob } from '../queue/hand-over-job.ts'
import { ask, find, type Holder, jobIn, say, services } from './scene.ts'

/** A stored pipeline and its jobs. */
export interface Created {
  readonly id: number
  readonly jobs: readonly (Omit<MadePipeline['jobs'][number], 'id'> & { readonly id: number })[]
}

export const tryToCreate = (content: string, given: Partial<NewConfigPipeline> = {}) =>
  createFromConfig(services, { createdBy: 'tests', content, ...given })

/** Creates the pipeline of a configuration that must be accepted. */
export async function createFrom(content: string, given: Partial<NewConfigPipeline> = {}): Promise<Created> {
  const made = await tryToCreate(content, given)
  if (!made.ok) throw new Error(JSON.stringify(made.error))
  return { id: made.value.id ?? 0, jobs: made.value.jobs.map((job) => ({ ...job, id: job.id ?? 0 })) }
}

/** Returns the id of the job with this name. */
export const idOf = ({ jobs }: Created, name: string): number => {
  const job = jobs.find((one) => one.name === name)
  if (!job) throw new Error(`no job ${name}`)
  return job.id
}

interface TakenNext extends Holder {
  readonly name: string
  readonly handed: HandedJob
  /** The value of a variable that the job gets; undefined when it gets none of this key. */
  variable(key: string): string | undefined
}

/** Takes the next job of any pipeline, or returns null when no job is due. */
export async function takeNext(): Promise<TakenNext | null> {
  const answer = await ask()
  if (answer.kind === 'nothing') return null
  const holder = jobIn(answer)
  if (answer.kind !== 'job') throw new Error(answer.kind)
  const { handed } = answer
  return {
    ...holder,
    name: handed.taken.job.name,
    handed,
    variable: (key) => handed.variables.findLast((one) => one.key === key)?.value,
  }
}

/** Runs whatever is due until nothing is, with the given jobs failing. Returns the names in the order of their runs. */
export async function runAll(failing: readonly string[] = []): Promise<string[]> {
  const ran: string[] = []
  for (;;) {
    const job = await takeNext()
    if (!job) return ran
    ran.push(job.name)
    const said = await say(job, failing.includes(job.name) ? 'failed' : 'success')
    if (!said.ok) throw new Error(said.error.kind)
    await services.background.settle()
  }
}

/** Returns a pipeline once all that follows from the latest change has been done. */
export async function pipelineOf(id: number): Promise<Pipeline> {
  await services.background.settle()
  const pipeline = await services.pipelines.find(id)
  if (!pipeline) throw new Error(`no pipeline ${id}`)
  return pipeline
}

/** Returns the statuses of the latest attempts of a pipeline's jobs, by name. */
export async function statusesOf(id: number): Promise<Record<string, JobStatus>> {
  const { stages } = await pipelineOf(id)
  const jobs = await Promise.all(stages.flatMap(({ jobIds }) => jobIds).map(find))
  return Object.fromEntries(jobs.map(({ name, status }) => [name, status]))
}
