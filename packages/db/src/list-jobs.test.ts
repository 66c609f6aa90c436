import { JOB_STATUSES, type JobStatus } from '@yardmaster/domain/jobs'
import type { JobFilter } from '@yardmaster/domain/ports'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Database } from './database.ts'
import { listJobIds, listJobs } from './list-jobs.ts'
import { drawnSeed, drawsOf } from './testing/draw.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()

interface Facts {
  readonly id: number
  readonly status: JobStatus
  readonly project_id: number
  readonly path: string
  readonly pipeline_id: number
  readonly removed: boolean
  readonly ref: string
  readonly sha: string | null
  readonly name: string
  readonly tags: readonly string[]
  readonly runner_id: number | null
}

/** A list as its description says it, without any index. */
function plainList(jobs: readonly Facts[], filter: JobFilter): number[] {
  const { status, projectId, pipelineId, ref, sha, name, runnerId, runnerTag, search = '', behind, limit } = filter
  const isOldest = filter.sort === 'oldest'
  const contains = (text: string) => text.toLowerCase().includes(search.toLowerCase())
  return jobs
    .filter((job) => !job.removed)
    .filter((job) => status === undefined || job.status === status)
    .filter((job) => projectId === undefined || job.project_id === projectId)
    .filter((job) => pipelineId === undefined || job.pipeline_id === pipelineId)
    .filter((job) => ref === undefined || job.ref === ref)
    .filter((job) => sha === undefined || job.sha === sha)
    .filter((job) => name === undefined || job.name === name)
    .filter((job) => runnerId === undefined || job.runner_id === runnerId)
    .filter((job) => runnerTag === undefined || job.tags.includes(runnerTag))
    .filter((job) => [job.name, job.path, ...job.tags].some(contains))
    .filter(({ id }) => behind === undefined || (isOldest ? id > behind : id < behind))
    .map(({ id }) => id)
    .sort((one, other) => (isOldest ? one - other : other - one))
    .slice(0, limit)
}

/** Adds jobs of a few projects, refs and profiles, so that any two conditions are often met together, or never. */
async function fill(jobs: number, draw: () => number): Promise<Facts[]> {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(draw() * values.length)] as T
  const projects = await Promise.all(['alpha', 'Beta_2', 'gamma%'].map(() => makeProject(test)))
  const pipelines: number[] = []
  for (let iid = 1; iid <= jobs / 10; iid++) {
    const [made] = await test.db.query<{ id: number }>(
      `insert into pipelines (project_id, iid, source, ref, tag, sha, protected, deleted_at)
       values ($1, $2, 'api', $3, false, $4, false, $5) returning id`,
      [
        pick(projects).id,
        iid,
        pick(['main', 'main', 'main', `topic/${iid % 7}`, 'rare']),
        pick([null, 'a'.repeat(40), `${iid % 5}`.repeat(40)]),
        draw() < 0.15 ? new Date() : null,
      ],
    )
    pipelines.push(made?.id ?? 0)
  }
  const TAGS = [[], ['linux'], ['linux', 'Docker'], ['gpu'], ['linux', '100%_\\'], ['two\nlines']]
  const rows = Array.from({ length: jobs }, () => ({
    pipeline_id: pick(pipelines),
    name: pick(['compile', 'Compile all', 'unit tests', 'a%b', 'deploy', `job ${Math.floor(draw() * 40)}`]),
    status: draw() < 0.6 ? 'success' : pick(JOB_STATUSES),
    tags: pick(TAGS),
    runner_id: pick([null, 1, 1, 1, 2, 3]),
  }))
  await arrange(
    test.db,
    `insert into jobs (pipeline_id, project_id, name, stage, status, tags, runner_id, required_features, dependencies,
       allow_failure, allow_failure_exit_codes)
     select pl.id, pl.project_id, g.name, 'test', g.status, g.tags, g.runner_id, '{}', '{}', false, '{}'
       from json_to_recordset($1) as g (pipeline_id integer, name text, status text, tags text[], runner_id integer)
       join pipelines pl on pl.id = g.pipeline_id`,
    [JSON.stringify(rows)],
  )
  return await test.db.query<Facts>(
    `select j.id, j.status, j.project_id, p.path, j.pipeline_id, pl.deleted_at is not null as removed, pl.ref, pl.sha,
            j.name, j.tags, j.runner_id
       from jobs j join pipelines pl on pl.id = j.pipeline_id join projects p on p.id = j.project_id`,
  )
}

describe('a list of jobs', () => {
  it('has the same jobs as a plain filter, whichever way it takes', async () => {
    const seed = drawnSeed()
    const draw = drawsOf(seed)
    const pick = <T>(values: readonly T[]): T => values[Math.floor(draw() * values.length)] as T
    const jobs = await fill(800, draw)
    const one = (): Facts => pick(jobs)
    const sometimes = <T>(value: () => T): T | undefined => (draw() < 0.3 ? value() : undefined)
    for (let n = 0; n < 400; n++) {
      const filter: JobFilter = {
        status: sometimes(() => pick([one().status, pick(JOB_STATUSES)])),
        projectId: sometimes(() => pick([one().project_id, 2_000_000])),
        pipelineId: draw() < 0.05 ? one().pipeline_id : undefined,
        ref: sometimes(() => pick([one().ref, 'none'])),
        sha: sometimes(() => pick([one().sha ?? 'none', 'none'])),
        name: sometimes(() => pick([one().name, 'none'])),
        runnerId: sometimes(() => pick([1, 2, 3, 4])),
        runnerTag: sometimes(() => pick(['linux', 'gpu', 'Docker', 'docker', 'two\nlines', '100%_\\'])),
        search: sometimes(() =>
          pick([
            'COMPILE',
            'linux',
            'ock',
            'job 3',
            'a%b',
            '%_\\',
            '\n',
            'es\nli',
            's\nl',
            one().path.slice(2),
            'none',
            '',
          ]),
        ),
        sort: sometimes(() => pick(['newest', 'oldest'] as const)),
        behind: sometimes(() => one().id),
        limit: pick([1, 5, 50]),
      }
      const effort = { look: pick([1, 20, 300]), read: pick([0, 8, 60, 2_000]) }
      const listed = await listJobs(test.db, filter, effort)
      expect(await listJobIds(test.db, filter, effort)).toEqual(listed.map(({ id }) => id))
      expect(
        listed.map(({ id }) => id),
        `seed ${seed}: ${JSON.stringify({ filter, effort })}`,
      ).toEqual(plainList(jobs, filter))
    }
  })
})

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

/** Rows that statements read of the table `jobs`, and entries that they read of its indexes only. */
class Reads {
  rows = 0
  entries = 0

  /** Returns the database, noting what its statements read. */
  of(db: Database): Database {
    return {
      ...db,
      query: async (statement, params) => {
        const text = typeof statement === 'string' ? statement : statement.text
        const [explained] = await db.query<{ 'QUERY PLAN': readonly [{ readonly Plan: PlanNode }] }>(
          `explain (analyze, format json) ${text}`,
          params,
        )
        if (explained) this.#note(explained['QUERY PLAN'][0].Plan)
        return await db.query(statement, params)
      },
    }
  }

  #note(node: PlanNode): void {
    const read = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
    if (node['Node Type'] === 'Index Only Scan') this.entries += node['Relation Name'] === 'jobs' ? read : 0
    else if (node['Relation Name'] === 'jobs') this.rows += read
    for (const child of node.Plans ?? []) this.#note(child)
  }
}

describe('a list of many jobs', () => {
  const JOBS = 6_000
  /** Pipelines whose jobs have a tag of their own. */
  const SCARCE = JOBS / 10 / 100
  const effort = { look: 100, read: 400 }
  let project = 0

  /** Jobs of even and of odd pipelines have nothing in common but their project, commit and runner. */
  beforeAll(async () => {
    project = (await makeProject(test)).id
    await arrange(
      test.db,
      `with made as (
         insert into pipelines (project_id, iid, source, ref, tag, sha, protected)
         select ${project}, n + 1, 'api', case n % 2 when 0 then 'even' else 'odd' end, false, repeat('e', 40), false
           from generate_series(0, ${JOBS / 10 - 1}) n
         returning id, project_id, ref, iid
       )
       insert into jobs (pipeline_id, project_id, name, stage, status, tags, runner_id, required_features, dependencies,
         allow_failure, allow_failure_exit_codes)
       select made.id, project_id, ref || ' job ' || n, 'test', case ref when 'even' then 'success' else 'failed' end,
              array['of-' || ref] || case when iid % 100 = 0 then array['scarce'] else '{}' end, 77, '{}', '{}', false, '{}'
         from made, generate_series(0, 9) n`,
    )
    await test.db.script('vacuum analyze jobs')
    await test.db.script('analyze')
  })

  async function list(filter: Partial<JobFilter>) {
    const reads = new Reads()
    const jobs = await listJobs(reads.of(test.db), { limit: 51, ...filter }, effort)
    return { jobs, reads }
  }

  it.each<[string, Omit<JobFilter, 'limit'>]>([
    ['a text', { search: 'nowhere' }],
    ['a text, the oldest first', { search: 'nowhere', sort: 'oldest' }],
    ['a text and a status', { search: 'nowhere', status: 'failed' }],
    ['a tag', { runnerTag: 'nowhere' }],
    ['a name', { name: 'nowhere' }],
    ['a ref', { ref: 'nowhere' }],
    ['a commit', { sha: 'nowhere' }],
    ['a runner and a tag that others have', { runnerId: 1_000_000, runnerTag: 'of-even' }],
    ['a status and a text that others have', { status: 'skipped', search: 'even' }],
    ['a tag, with a ref that many have', { ref: 'even', runnerTag: 'nowhere' }],
    ['a name and a tag that exist apart', { name: 'even job 1', runnerTag: 'of-odd' }],
  ])('looks at the first jobs and reads no others when none has %s', async (_, filter) => {
    const { jobs, reads } = await list(filter)
    expect(jobs).toEqual([])
    expect(reads.rows).toBeLessThanOrEqual(effort.look)
    // At most one other condition is counted. Plans round the rows of each of the entries below it.
    expect(reads.entries).toBeLessThanOrEqual(2 * effort.read)
  })

  it('reads the jobs of the condition that fewest have', async () => {
    const { jobs, reads } = await list({ runnerTag: 'scarce', search: 'job 3', projectId: project })
    expect(jobs.map(({ name }) => name)).toEqual(new Array(SCARCE).fill('odd job 3'))
    expect(reads.rows).toBeLessThanOrEqual(effort.look + 12 * SCARCE)
  })

  it.each<[string, Omit<JobFilter, 'limit'>]>([
    ['a status and a tag', { status: 'failed', runnerTag: 'of-even' }],
    ['a status and a text', { status: 'success', search: 'ODD' }],
    ['a ref and a tag', { ref: 'even', runnerTag: 'of-odd' }],
    ['a runner, a commit and a text, with a ref', { runnerId: 77, sha: 'e'.repeat(40), search: 'of-even', ref: 'odd' }],
  ])('reads an index only when many have %s, but none has all', async (_, filter) => {
    const { jobs, reads } = await list(filter)
    expect(jobs).toEqual([])
    expect(reads.rows).toBeLessThanOrEqual(effort.look)
    expect(reads.entries).toBeGreaterThan(effort.read)
  })

  it('reads no jobs of earlier pages', async () => {
    const [oldest] = (await list({ sort: 'oldest' })).jobs
    const behind = (oldest?.id ?? 0) + 3 * effort.look
    for (const filter of [
      { status: 'success', search: 'ODD' },
      { ref: 'even', runnerTag: 'of-odd' },
    ] as const) {
      const { jobs, reads } = await list({ ...filter, behind })
      expect(jobs).toEqual([])
      expect(reads.rows).toBeLessThanOrEqual(effort.look + 3 * effort.look)
    }
  })

  it('looks at the first jobs only when many have everything, on later pages, too', async () => {
    const [newest] = (await list({})).jobs
    for (const behind of [undefined, (newest?.id ?? 0) - JOBS / 2]) {
      const { jobs, reads } = await list({ search: 'even', runnerTag: 'of-even', ref: 'even', behind, limit: 20 })
      expect(jobs).toHaveLength(20)
      expect(reads).toMatchObject({ rows: effort.look, entries: 0 })
    }
  })
})
