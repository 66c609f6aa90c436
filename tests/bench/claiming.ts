import { fillQueue } from './fill-queue.ts'
import { CONNECTIONS, type Form, type Site } from './form.ts'
import { type Answers, Load, rate } from './load.ts'
import { pollRequest } from './polling.ts'
import type { Processes } from './processes.ts'
import type { Contender } from './rounds.ts'

/** A queue of jobs, and what takes them: a gateway, a baseline, a library. */
export interface Queue {
  readonly processes: Processes
  fill(jobs: number): Promise<unknown>
  /** Takes jobs with so many requests at a time. */
  take(jobs: number, concurrency: number): Promise<Answers>
}

export interface Depth {
  /** Jobs that wait in each project before the first round. */
  readonly depth: number
  readonly projects?: number
}

/** Most jobs of a pipeline, as many as one request may create: after a claim, its pipeline's status is computed. */
const PIPELINE_JOBS = 500
/** Jobs of a pipeline that is created between rounds. */
const ROUND_PIPELINE_JOBS = 16

/** The queue of a gateway, whose jobs an instance runner takes. */
export async function gatewayQueue(site: Site, { depth, projects = 1 }: Depth): Promise<Queue> {
  const create = (jobs: number, projectId?: number) =>
    site.admin.mutate('jobs.createMany', {
      ...(projectId !== undefined && { projectId }),
      jobs: Array.from({ length: jobs }, (_, index) => ({ name: `sample ${index}`, definition: { script: ['true'] } })),
    })
  if (projects === 1 && depth <= PIPELINE_JOBS) await create(depth)
  else {
    const pipelinesEach = Math.ceil(depth / PIPELINE_JOBS)
    const first: number[] = []
    await shared(projects, async (project) => {
      const { id } =
        projects === 1 ? { id: undefined } : await site.admin.mutate('projects.create', { path: `project-${project}` })
      for (let pipeline = 0; pipeline < pipelinesEach; pipeline++) first.push(...(await create(1, id)).ids)
    })
    await fillQueue(site, first, Math.ceil(depth / pipelinesEach))
  }

  const poll = pollRequest(await site.runner(), null)
  return {
    processes: site.processes,
    async fill(jobs) {
      const pipelines = Math.ceil(jobs / ROUND_PIPELINE_JOBS)
      await shared(pipelines, () => create(Math.min(jobs, ROUND_PIPELINE_JOBS)))
    },
    async take(requests, concurrency) {
      await using load = await Load.open(site.url, concurrency)
      return await load.run({ expected: 201, next: () => poll }, { requests })
    },
  }
}

/** Does work for each number from 0, a few at a time. */
async function shared(times: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const workOn = async () => {
    while (next < times) await work(next++)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, workOn))
}

/** The baseline's queue, or that of a library for job queues. */
export async function bareQueue(
  form: Form,
  depth: number,
  program: 'claims' | 'pg-boss' | 'graphile-worker' = 'claims',
): Promise<Queue> {
  const { ask, processes } = await form.bare(program)
  const fill = (jobs: number) => ask<void>({ kind: 'fill', jobs })
  await fill(depth)
  return { processes, fill, take: (jobs, concurrency) => ask<Answers>({ kind: 'claim', jobs, concurrency }) }
}

/** Returns a contender that takes so many jobs in a round, which are put into the queue before. */
export function refilled(queue: Queue, jobs: number, concurrency: number): Contender {
  return {
    processes: queue.processes,
    prepare: () => queue.fill(jobs),
    round: async () => rate(await queue.take(jobs, concurrency)),
  }
}
