import { checked, checkedPage, JOB, unexpectedAnswer } from '../answers.ts'
import type { Job } from '../client.ts'
import { type Column, factsOf, tableOf, writeList, writeOne } from '../table.ts'
import { idOf, projectIdOf, rowsOf, type ServerTools } from '../tools.ts'
import { manyLines } from '../visible.ts'
import { age, bytes, paintOf, ran } from '../words.ts'

export const COLUMNS: readonly Column<Job>[] = [
  { title: 'ID', cell: ({ id }) => id },
  { title: 'STATUS', cell: ({ status }) => status, paint: ({ status }) => paintOf(status) },
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'STAGE', cell: ({ stage }) => stage },
  { title: 'PIPELINE', cell: ({ pipelineId }) => pipelineId },
  { title: 'PROJECT', cell: ({ projectPath }) => projectPath },
  { title: 'REF', cell: ({ ref }) => ref },
  { title: 'RAN', cell: ({ startedAt, finishedAt }) => ran(startedAt ?? null, finishedAt ?? null) },
  { title: 'AGE', cell: ({ createdAt }) => age(createdAt ?? null) },
]

export interface JobFilter {
  readonly project?: string
  readonly pipeline?: string
  readonly runner?: string
  readonly status?: string
  readonly ref?: string
  readonly sha?: string
  readonly tag?: string
  readonly search?: string
  readonly oldest?: true
  readonly limit: number
}

type ListInput = Extract<Parameters<ServerTools['client']['jobs']['list']['query']>[0], object>

/** `job list`. */
export async function listJobs(tools: ServerTools, filter: JobFilter): Promise<void> {
  const { client, terminal, output } = tools
  const { project, pipeline, runner, status, tag, oldest, limit, ...same } = filter
  const input = {
    ...same,
    ...(project !== undefined && { projectId: await projectIdOf(tools, project) }),
    ...(pipeline !== undefined && { pipelineId: idOf(pipeline) }),
    ...(runner !== undefined && { runnerId: idOf(runner) }),
    // Statuses are the server's to know; it refuses others by name.
    ...(status !== undefined && { status: status as NonNullable<ListInput['status']> }),
    ...(tag !== undefined && { runnerTag: tag }),
    ...(oldest && { sort: 'oldest' as const }),
  }
  const { rows, more } = await rowsOf(limit, async (page) =>
    checkedPage(await client.jobs.list.query({ ...input, ...page }), JOB),
  )
  await writeList(terminal, output, { rows, columns: COLUMNS, name: ({ id }) => id })
  if (rows.length === 0) terminal.say('No jobs.')
  if (more) terminal.say(`There are more: yardmaster job list --limit ${limit * 2}`)
}

/** Returns a job. @throws Failure when the server sends something else. */
export const readJob = async ({ client }: ServerTools, id: number): Promise<Job> =>
  checked(await client.jobs.get.query({ id }), JOB)

/** `job get`. */
export async function getJob(tools: ServerTools, id: number): Promise<void> {
  await showJob(tools, await readJob(tools, id))
}

async function showJob({ terminal, output }: ServerTools, job: Job): Promise<void> {
  await writeOne(terminal, output, { value: job, name: job.id, text: () => factsOf(terminal, factsAbout(job)) })
}

const factsAbout = (job: Job): readonly (readonly [string, string | number | null])[] => [
  ['Job', job.id],
  ['Name', job.name],
  ['Status', job.status],
  ['Failed because', job.failureReason ?? null],
  ['Exit code', job.exitCode ?? null],
  ['Detail', job.failureDetail ?? null],
  ['Stage', job.stage],
  ['Pipeline', job.pipelineId],
  ['Project', job.projectPath],
  ['Ref', job.ref],
  ['Commit', job.sha ?? null],
  ['Runner', job.runnerId == null ? null : `${job.runnerId} ${job.runnerDescription ?? ''}`.trim()],
  ['Created', job.createdAt ?? null],
  ['Started', job.startedAt ?? null],
  ['Finished', job.finishedAt ?? null],
  ['Ran', ran(job.startedAt ?? null, job.finishedAt ?? null)],
  ['Log', typeof job.traceSize === 'number' ? bytes(job.traceSize) : null],
  ['Retry of', job.retryOf ?? null],
  ['Retried by', job.retriedBy ?? null],
]

/** `job retry`: says which job the new attempt is. */
export async function retryJob(tools: ServerTools, id: number): Promise<void> {
  const job = checked(await tools.client.jobs.retry.mutate({ id }), JOB)
  tools.terminal.say(`Job ${id} is tried again as job ${job.id}. Watch it: yardmaster job log --follow ${job.id}`)
  await showJob(tools, job)
}

/** `job cancel`. */
export async function cancelJob(tools: ServerTools, id: number, force: boolean): Promise<void> {
  const job = checked(await tools.client.jobs.cancel.mutate({ id, ...(force && { force }) }), JOB)
  if (job.status === 'canceling') tools.terminal.say(`The runner is asked to stop job ${id}.`)
  await showJob(tools, job)
}

/** `job play`. */
export async function playJob(tools: ServerTools, id: number): Promise<void> {
  await showJob(tools, checked(await tools.client.jobs.play.mutate({ id }), JOB))
}

/** `job why`: why a job waits, or was skipped. */
export async function explainJob({ client, terminal, output }: ServerTools, id: number): Promise<void> {
  const found = checked(await client.jobs.explain.query({ id }), {
    status: 'string',
    waitsFor: 'list',
    runners: 'list',
  })
  const text = (): string => {
    const sentences = [
      `Job ${id} is ${found.status}.`,
      // Servers of earlier releases do not summarize.
      ...(typeof found.summary === 'string' && found.waitsFor.length === 0 && !found.skip
        ? [found.summary]
        : found.maintenance
          ? ['The server is in maintenance and hands out no jobs.']
          : []),
      ...(found.failedBefore
        ? [found.failedBefore.detail, ...found.failedBefore.jobs.map((job) => `  ${job.id} ${job.name}: ${job.status}`)]
        : []),
      ...(found.skip
        ? [found.skip.detail, ...found.skip.jobs.map((job) => `  ${job.id} ${job.name}: ${job.status}`)]
        : []),
      ...found.waitsFor.map((job) => `${job.detail} (job ${job.id} ${job.name}: ${job.status})`),
      ...(found.waitsForPipelineId && typeof found.summary !== 'string'
        ? [`It waits for the end of pipeline ${found.waitsForPipelineId}.`]
        : []),
      ...(found.failureDetail ? [found.failureDetail] : []),
    ]
    const facts = sentences.map((sentence) => `${manyLines(sentence)}\n`).join('')
    if (found.runners.length === 0) return facts
    return `${facts}\n${tableOf(
      terminal,
      [
        { title: 'RUNNER', cell: ({ runnerId }) => runnerId },
        { title: 'DESCRIPTION', cell: ({ description }) => description },
        { title: 'FITS', cell: ({ fits }) => (fits ? 'yes' : 'no'), paint: ({ fits }) => (fits ? 'green' : 'red') },
        { title: 'RUNNING', cell: ({ runningJobs }) => runningJobs },
        { title: 'WHY', cell: ({ detail }) => detail },
      ] satisfies readonly Column<(typeof found.runners)[number]>[],
      found.runners,
    )}`
  }
  try {
    await writeOne(terminal, output, { value: found, name: id, text })
  } catch (error) {
    if (error instanceof TypeError) throw unexpectedAnswer('an explanation has another form')
    throw error
  }
}
