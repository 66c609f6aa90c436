import { beforeAll, describe, expect, it } from 'vitest'
import { successfulRuns } from './successful-runs.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()

interface PlanNode {
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

const readOf = (node: PlanNode): number =>
  (node['Relation Name'] === 'jobs'
    ? (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
    : 0) + (node.Plans ?? []).reduce((sum, child) => sum + readOf(child), 0)

describe('the successful runs of a job', () => {
  const JOBS = 20_000
  let project = 0

  /** In two projects, jobs of two names and three sets of tags, on two refs; every tenth failed. */
  beforeAll(async () => {
    project = (await makeProject(test)).id
    const other = (await makeProject(test)).id
    await arrange(
      test.db,
      `with made as (
         insert into pipelines (project_id, iid, source, ref, tag, sha, protected)
         select case n % 2 when 0 then ${project} else ${other} end, n + 1, 'api',
                case n % 8 when 0 then 'main' else 'feature' end, false, null, false
           from generate_series(0, ${JOBS / 10 - 1}) n
         returning id, project_id, iid
       )
       insert into jobs (pipeline_id, project_id, name, stage, status, tags, required_features, dependencies,
         allow_failure, allow_failure_exit_codes, started_at, finished_at)
       select made.id, project_id, case n % 2 when 0 then 'compile' else 'lint' end, 'test',
              case n when 3 then 'failed' when 4 then 'running' else 'success' end, array['t' || iid % 3], '{}', '{}', false, '{}',
              now() - interval '1 hour', now() - interval '1 hour' + iid * interval '1 second'
         from made, generate_series(0, 9) n
        order by iid, n`,
    )
    await test.db.script('vacuum analyze jobs')
    await test.db.script('analyze')
  })

  const newest = async (name: string, status: string) => {
    const [row] = await test.db.query<{ id: number }>(
      'select max(id)::integer as id from jobs where project_id = $1 and name = $2 and status = $3',
      [project, name, status],
    )
    return row?.id ?? 0
  }

  it('are the newest of its project and name, whatever their tags, without itself', async () => {
    const expected = await test.db.query<{ id: number; seconds: number; ref: string }>(
      `select j.id, extract(epoch from j.finished_at - j.started_at)::float8 as seconds, pl.ref
         from jobs j join pipelines pl on pl.id = j.pipeline_id
        where j.project_id = $1 and j.name = 'compile' and j.status = 'success'
        order by j.id desc limit 31`,
      [project],
    )
    const shown = (runs: readonly { seconds: number; ref: string }[]) =>
      runs.map(({ seconds, ref }) => ({ seconds, ref }))
    const running = await newest('compile', 'running')
    expect(shown(await successfulRuns(test.db, running, 30))).toEqual(shown(expected.slice(0, 30)))
    const own = expected[0]?.id ?? 0
    expect(shown(await successfulRuns(test.db, own, 30))).toEqual(shown(expected.slice(1)))
    expect(await successfulRuns(test.db, 2_000_000_000, 30)).toEqual([])
  })

  it('say whether they are of the same ref or of the default branch', async () => {
    const runs = await successfulRuns(test.db, await newest('compile', 'running'), 100)
    const [own] = await test.db.query<{ ref: string }>(
      'select ref from pipelines pl join jobs j on j.pipeline_id = pl.id where j.id = $1',
      [await newest('compile', 'running')],
    )
    for (const run of runs) {
      expect(run.isSameRef).toBe(run.ref === own?.ref)
      expect(run.isDefaultBranch).toBe(run.ref === 'main')
    }
    expect(new Set(runs.map(({ ref }) => ref))).toEqual(new Set(['main', 'feature']))
  })

  it('are found without reading the history', async () => {
    let read = 0
    let text = ''
    const db: typeof test.db = {
      ...test.db,
      query: async (statement, params) => {
        text = typeof statement === 'string' ? statement : statement.text
        const [explained] = await test.db.query<{ 'QUERY PLAN': readonly [{ readonly Plan: PlanNode }] }>(
          `explain (analyze, format json) ${text}`,
          params,
        )
        read = explained ? readOf(explained['QUERY PLAN'][0].Plan) : Number.POSITIVE_INFINITY
        return await test.db.query(statement, params)
      },
    }
    expect(await successfulRuns(db, await newest('compile', 'running'), 100)).toHaveLength(100)
    // The job itself, and as many as are asked for of each of three sets of tags.
    expect(read).toBeLessThanOrEqual(1 + 3 * 100)
    expect(text).not.toBe('')
  })
})
