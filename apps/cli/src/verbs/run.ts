import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checked, checkedList } from '../answers.ts'
import type { Client } from '../client.ts'
import { safeName } from '../download.ts'
import { type ExitStatus, localFailure, serverFailure } from '../failure.ts'
import { findProject } from '../run/find-project.ts'
import { followPipeline } from '../run/follow-pipeline.ts'
import { pushRun } from '../run/push-run.ts'
import { comparedWith, type Snapshot, takeSnapshot } from '../run/snapshot.ts'
import type { ServerTools } from '../tools.ts'
import { oneLine } from '../visible.ts'
import { artifactsOf } from './job-artifacts.ts'
import { lint } from './lint.ts'
import { getPipeline } from './pipeline.ts'

export interface RunOptions {
  /** The configuration; absent for the one of the tree. */
  readonly file?: string
  readonly var?: readonly { readonly key: string; readonly value: string }[]
  readonly ref?: string
  readonly source: string
  readonly project?: string
  readonly list?: true
  readonly merged?: true
  readonly detach?: true
  readonly artifacts?: string
  readonly json?: true
}

/**
 * `run`: sends the working tree as it is, runs its pipeline, and prints the logs of its jobs until it is over.
 *
 * @returns 3 when a job failed that must not, or the pipeline was canceled elsewhere; 130 after Ctrl+C.
 */
export async function run(
  given: ServerTools,
  jobs: readonly string[],
  options: RunOptions,
): Promise<ExitStatus | undefined> {
  const tools: ServerTools = options.json ? { ...given, output: 'json' } : given
  if (options.list || options.merged) return await lint(tools, options.file, options, async () => tools)
  const { terminal, target, output } = tools
  await using snapshot = await takeSnapshot(process.cwd(), {
    cacheHome: tools.environment.cacheHome,
    signal: tools.signal,
  })
  const content = options.file === undefined ? null : readConfiguration(options.file)
  const project = await findProject(tools, snapshot.root, options.project)
  sayWhatRuns(tools, snapshot, project.path)
  const name = nameOf(new Date())
  const sha = await pushRun(tools, snapshot, { path: project.path, name })
  if (sha !== snapshot.sha && snapshot.head !== null) {
    terminal.say('This is a shallow clone, and the server lacks its history: the tree is sent without any.')
  }
  const beforeSha = sha === snapshot.sha ? await comparedWith(snapshot, tools.signal) : null
  const made = await create(tools, {
    projectId: project.id,
    run: name,
    ...((options.ref ?? snapshot.branch) !== null && { ref: options.ref ?? snapshot.branch ?? '' }),
    source: options.source as 'push',
    variables: [...(options.var ?? [])],
    ...(beforeSha !== null && { beforeSha }),
    ...(content !== null && { content }),
    ...(jobs.length > 0 && { jobs: [...jobs] }),
  })
  const { id } = made
  for (const warning of made.warnings) terminal.say(`Warning: ${warning}`)
  terminal.say(`Pipeline ${id}: ${target.url}/pipelines/${id}`)
  if (options.detach) {
    if (output === 'table') await terminal.out(`${id}\n`)
    else await getPipeline(tools, id)
    return undefined
  }
  const { status, failed, finished } = await followPipeline(tools, { id, named: jobs })
  if (output !== 'table') await getPipeline(tools, id)
  if (options.artifacts !== undefined) await saveArtifacts(tools, options.artifacts, finished)
  for (const job of failed) terminal.say(`${job.name} ${job.status}: yardmaster job log ${job.id}`)
  return status
}

type NewPipeline = Parameters<Client['pipelines']['create']['mutate']>[0]

async function create(
  { client }: ServerTools,
  input: NewPipeline,
): Promise<{ id: number; warnings: readonly string[] }> {
  try {
    const made = checked(await client.pipelines.create.mutate(input), { id: 'number', jobs: 'list', warnings: 'list' })
    return { id: made.id ?? 0, warnings: made.warnings.map(String) }
  } catch (error) {
    throw faultsOf(error) ?? error
  }
}

/** Returns the faults of a configuration as a failure; null for other errors. */
function faultsOf(error: unknown): Error | null {
  const { refusal } = (error as { data?: { refusal?: { kind?: unknown; errors?: unknown } } })?.data ?? {}
  if (refusal?.kind === 'pipeline_empty' || refusal?.kind === 'pipeline_filtered') {
    return serverFailure('The configuration makes no pipeline of this working tree.', 'yardmaster run --list')
  }
  if (refusal?.kind !== 'config_invalid' || !Array.isArray(refusal.errors)) return null
  const lines = (refusal.errors as { message?: unknown; file?: unknown; line?: unknown }[]).map(
    ({ message, file, line }) =>
      `${[file ?? null, line ?? null].filter((part) => part !== null).join(':') || 'configuration'}: ${oneLine(String(message))}`,
  )
  return serverFailure(lines.join('\n'), 'yardmaster lint')
}

function readConfiguration(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw localFailure(`${file} cannot be read: ${(error as Error).message}.`, 'yardmaster run --file FILE')
  }
}

function sayWhatRuns({ terminal }: ServerTools, { changed, branch, leftOut, head }: Snapshot, project: string): void {
  const place = branch ?? head?.slice(0, 8) ?? 'a new repository'
  const files = changed === 1 ? '1 changed file' : `${changed} changed files`
  terminal.say(`Running ${place} in ${project}${changed === 0 ? '' : `, with ${files}`}.`)
  for (const path of leftOut) terminal.say(`${path} is left out: it is a repository of its own.`)
}

/** Returns a name that sorts by time, and that no other run has. */
const nameOf = (now: Date): string =>
  `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}-${randomBytes(4).toString('hex')}`

async function saveArtifacts(
  tools: ServerTools,
  folder: string,
  jobs: readonly { readonly id: number; readonly name: string }[],
): Promise<void> {
  for (const { id, name } of jobs) {
    const there = checkedList(await tools.client.artifacts.list.query({ jobId: id }), { type: 'string' })
    if (there.length === 0) continue
    const into = join(folder, safeName(name.replaceAll('/', '_'), String(id)))
    await artifactsOf(tools, id, { download: into, replace: true })
  }
}
