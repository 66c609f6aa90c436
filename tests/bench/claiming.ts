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

/** The queue of a gateway, whose jobs an instance runner takes. */
export async function gatewayQueue(site: Site, { depth, projects = 1 }: Depth): Promise<Queue> {
  const createJob = (projectId?: number) =>
    site.admin.mutate('jobs.create', {
      ...(projectId !== undefined && { projectId }),
      name: 'sample',
      definition: { script: ['true'] },
    })
  const first: number[] = []
  for (let project = 0; project < projects; project++) {
    const { id } =
      projects === 1 ? { id: undefined } : await site.admin.mutate('projects.create', { path: `project-${project}` })
    first.push((await createJob(id)).id)
  }
  await fillQueue(site, first, depth)

  const poll = pollRequest(await site.runner(), null)
  return {
    processes: site.processes,
    async fill(jobs) {
      let left = jobs
      const create = async () => {
        while (left-- > 0) await createJob()
      }
      await Promise.all(Array.from({ length: CONNECTIONS }, create))
    },
    async take(requests, concurrency) {
      await using load = await Load.open(site.url, concurrency)
      return await load.run({ expected: 201, next: () => poll }, { requests })
    },
  }
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
