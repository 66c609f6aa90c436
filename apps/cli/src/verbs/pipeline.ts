import { checked, checkedList, checkedPage, JOB, PIPELINE } from '../answers.ts'
import type { JobInPipeline, Pipeline } from '../client.ts'
import { type Column, factsOf, tableOf, writeList, writeOne } from '../table.ts'
import { projectIdOf, rowsOf, type ServerTools } from '../tools.ts'
import { age, inWords, paintOf, ran } from '../words.ts'

const COLUMNS: readonly Column<Pipeline>[] = [
  { title: 'ID', cell: ({ id }) => id },
  { title: 'STATUS', cell: ({ status }) => status, paint: ({ status }) => paintOf(status) },
  { title: 'PROJECT', cell: ({ projectPath }) => projectPath },
  { title: 'REF', cell: ({ ref }) => ref },
  { title: 'COMMIT', cell: ({ sha }) => sha?.slice(0, 8) },
  { title: 'SOURCE', cell: ({ source }) => source },
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'RAN', cell: ({ duration }) => inWords(duration ?? null) },
  { title: 'AGE', cell: ({ createdAt }) => age(createdAt ?? null) },
]

const JOB_COLUMNS: readonly Column<JobInPipeline>[] = [
  { title: 'JOB', cell: ({ id }) => id },
  { title: 'STATUS', cell: ({ status }) => status, paint: ({ status }) => paintOf(status) },
  { title: 'STAGE', cell: ({ stage }) => stage },
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'RAN', cell: ({ startedAt, finishedAt }) => ran(startedAt ?? null, finishedAt ?? null) },
  { title: 'FAILED BECAUSE', cell: ({ failureReason }) => failureReason },
]

export interface PipelineFilter {
  readonly project?: string
  readonly status?: string
  readonly ref?: string
  readonly sha?: string
  readonly source?: string
  readonly search?: string
  readonly limit: number
}

type ListInput = Extract<Parameters<ServerTools['client']['pipelines']['list']['query']>[0], object>

/** `pipeline list`. */
export async function listPipelines(tools: ServerTools, filter: PipelineFilter): Promise<void> {
  const { client, terminal, output } = tools
  const { project, status, limit, ...same } = filter
  const input = {
    ...same,
    ...(project !== undefined && { projectId: await projectIdOf(tools, project) }),
    ...(status !== undefined && { status: status as NonNullable<ListInput['status']> }),
  }
  const { rows, more } = await rowsOf(limit, async (page) =>
    checkedPage(await client.pipelines.list.query({ ...input, ...page }), PIPELINE),
  )
  await writeList(terminal, output, { rows, columns: COLUMNS, name: ({ id }) => id })
  if (rows.length === 0) terminal.say('No pipelines.')
  if (more) terminal.say(`There are more: yardmaster pipeline list --limit ${limit * 2}`)
}

/** `pipeline get`: a pipeline and its jobs. */
export async function getPipeline({ client, terminal, output }: ServerTools, id: number): Promise<void> {
  const found = checked(await client.pipelines.jobs.query({ id }), { jobs: 'list' })
  const pipeline = checked(found.pipeline, PIPELINE)
  const jobs = checkedList(found.jobs, JOB)
  await writeOne(terminal, output, {
    value: { ...pipeline, jobs },
    name: id,
    text: () => `${factsOf(terminal, factsAbout(pipeline))}\n${tableOf(terminal, JOB_COLUMNS, jobs)}`,
  })
}

const factsAbout = (pipeline: Pipeline): readonly (readonly [string, string | number | null])[] => [
  ['Pipeline', pipeline.id],
  ['Name', pipeline.name ?? null],
  ['Status', pipeline.status],
  ['Project', pipeline.projectPath],
  ['Ref', pipeline.ref],
  ['Commit', pipeline.sha ?? null],
  ['Source', pipeline.source],
  ['Created', pipeline.createdAt ?? null],
  ['Finished', pipeline.finishedAt ?? null],
  ['Ran', inWords(pipeline.duration ?? null)],
  ['Coverage', typeof pipeline.coverage === 'number' ? `${pipeline.coverage} %` : null],
  ['Parent', pipeline.parentId ?? null],
]

/** `pipeline cancel`. */
export async function cancelPipeline(tools: ServerTools, id: number): Promise<void> {
  await showChanged(tools, checked(await tools.client.pipelines.cancel.mutate({ id }), PIPELINE))
}

/** `pipeline retry`. */
export async function retryPipeline(tools: ServerTools, id: number): Promise<void> {
  await showChanged(tools, checked(await tools.client.pipelines.retry.mutate({ id }), PIPELINE))
}

async function showChanged({ terminal, output }: ServerTools, pipeline: Pipeline): Promise<void> {
  await writeOne(terminal, output, {
    value: pipeline,
    name: pipeline.id,
    text: () => factsOf(terminal, factsAbout(pipeline)),
  })
}
