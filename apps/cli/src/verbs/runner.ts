import { checked, checkedPage, RUNNER } from '../answers.ts'
import type { Runner } from '../client.ts'
import { localFailure } from '../failure.ts'
import { type Column, factsOf, writeList, writeOne } from '../table.ts'
import { projectIdOf, rowsOf, type ServerTools } from '../tools.ts'
import { age, paintOf } from '../words.ts'

const COLUMNS: readonly Column<Runner>[] = [
  { title: 'ID', cell: ({ id }) => id },
  { title: 'STATUS', cell: statusOf, paint: (runner) => paintOf(statusOf(runner)) },
  { title: 'TYPE', cell: ({ runnerType }) => runnerType.replace(/_type$/, '') },
  { title: 'DESCRIPTION', cell: ({ description }) => description },
  { title: 'TAGS', cell: ({ tagList }) => (Array.isArray(tagList) ? tagList.join(',') : null) },
  { title: 'RUNNING', cell: ({ runningJobs }) => runningJobs },
  { title: 'VERSION', cell: ({ version }) => version },
  { title: 'CONTACT', cell: ({ contactedAt }) => age(contactedAt ?? null) },
]

function statusOf({ paused, status }: Runner): string {
  return paused ? `${status}, paused` : status
}

export interface RunnerFilter {
  readonly status?: string
  readonly type?: string
  readonly tag?: string
  readonly search?: string
  readonly paused?: true
  readonly limit: number
}

type ListInput = Extract<Parameters<ServerTools['client']['runners']['list']['query']>[0], object>
type CreateInput = Parameters<ServerTools['client']['runners']['create']['mutate']>[0]

/** `runner list`. */
export async function listRunners(tools: ServerTools, filter: RunnerFilter): Promise<void> {
  const { client, terminal, output } = tools
  const { status, type, limit, ...same } = filter
  const input = {
    ...same,
    ...(status !== undefined && { status: status as NonNullable<ListInput['status']> }),
    ...(type !== undefined && { type: `${type.replace(/_type$/, '')}_type` as CreateInput['runnerType'] }),
  }
  const { rows, more } = await rowsOf(limit, async (page) =>
    checkedPage(await client.runners.list.query({ ...input, ...page }), RUNNER),
  )
  await writeList(terminal, output, { rows, columns: COLUMNS, name: ({ id }) => id })
  if (rows.length === 0) terminal.say('No runners. Create one: yardmaster runner create')
  if (more) terminal.say(`There are more: yardmaster runner list --limit ${limit * 2}`)
}

/** `runner get`. */
export async function getRunner(tools: ServerTools, id: number): Promise<void> {
  await showRunner(tools, checked(await tools.client.runners.get.query({ id }), RUNNER))
}

async function showRunner({ terminal, output }: ServerTools, runner: Runner): Promise<void> {
  await writeOne(terminal, output, {
    value: runner,
    name: runner.id,
    text: () => factsOf(terminal, factsAbout(runner)),
  })
}

const factsAbout = (runner: Runner): readonly (readonly [string, string | number | null])[] => [
  ['Runner', runner.id],
  ['Description', runner.description ?? null],
  ['Status', statusOf(runner)],
  ['Type', runner.runnerType.replace(/_type$/, '')],
  ['Tags', Array.isArray(runner.tagList) ? runner.tagList.join(', ') : null],
  ['Untagged jobs', runner.runUntagged ? 'yes' : 'no'],
  ['Locked', runner.locked ? 'yes' : 'no'],
  ['Access', runner.accessLevel],
  ['Running jobs', runner.runningJobs],
  ['Version', runner.version ?? null],
  ['Executor', runner.executor ?? null],
  ['Address', runner.ipAddress ?? null],
  ['Last contact', runner.contactedAt ?? null],
  ['Created', runner.createdAt ?? null],
  ['Note', runner.maintenanceNote ?? null],
]

export interface NewRunner {
  readonly project?: string
  readonly group?: number
  readonly description?: string
  readonly tag?: readonly string[]
  readonly untagged?: true
  readonly paused?: true
  readonly locked?: true
  readonly protected?: true
  readonly maximumTimeout?: number
}

/** `runner create`: shows the token, once. */
export async function createRunner(tools: ServerTools, options: NewRunner): Promise<void> {
  const { client, terminal, output, target } = tools
  const { project, group, description, tag = [], untagged, paused, locked, maximumTimeout } = options
  if (project !== undefined && group !== undefined) throw localFailure('A runner is of a project or of a group.')
  const made = checked(
    await client.runners.create.mutate({
      ...(await scopeOf(tools, options)),
      ...(description !== undefined && { description }),
      tagList: [...tag],
      runUntagged: untagged === true || tag.length === 0,
      accessLevel: options.protected ? 'ref_protected' : 'not_protected',
      ...(paused && { paused }),
      ...(locked && { locked }),
      ...(maximumTimeout !== undefined && { maximumTimeout }),
    }),
    { id: 'number', token: 'string', tokenExpiresAt: 'string?' },
  )
  terminal.say(`Runner ${made.id} is created. Its token is shown only this time. Register it with:`)
  terminal.say(`  gitlab-runner register --non-interactive --url ${target.url} --token ${made.token} --executor shell`)
  await writeOne(terminal, output, {
    value: made,
    name: made.id,
    text: () =>
      factsOf(terminal, [
        ['Runner', made.id],
        ['Token', made.token],
        ['Expires', made.tokenExpiresAt],
      ]),
  })
}

async function scopeOf(tools: ServerTools, { project, group }: NewRunner) {
  if (project !== undefined) {
    return { runnerType: 'project_type' as const, projectId: await projectIdOf(tools, project) }
  }
  if (group !== undefined) return { runnerType: 'group_type' as const, groupId: group }
  return { runnerType: 'instance_type' as const }
}

/** `runner pause` and `runner resume`. */
export async function setPaused(tools: ServerTools, id: number, paused: boolean): Promise<void> {
  await showRunner(tools, checked(await tools.client.runners.update.mutate({ id, paused }), RUNNER))
}

/** `runner remove`. */
export async function removeRunner(tools: ServerTools, id: number, yes: boolean): Promise<void> {
  const { client, terminal } = tools
  if (!yes) {
    const runner = checked(await client.runners.get.query({ id }), RUNNER)
    const { confirmed } = await import('../prompts.ts')
    const what = `Remove runner ${id} (${runner.description ?? 'no description'})? Its jobs fail.`
    if (!(await confirmed(terminal, what, `yardmaster runner remove --yes ${id}`))) {
      throw localFailure(`Runner ${id} stays.`)
    }
  }
  await client.runners.remove.mutate({ id })
  terminal.say(`Runner ${id} is removed.`)
}
