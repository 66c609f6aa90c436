import { JOB_STATUSES, type Job } from '@yardmaster/domain/jobs'
import type { JobFilter } from '@yardmaster/domain/ports'
import { containing, type Database } from './database.ts'
import { JOB_COLUMNS, type JobRow, jobView, toJob } from './job-row.ts'

/** How many rows of `jobs` a list may read. Tests set small numbers, so that little data leads to every way. */
export interface Effort {
  /** Rows looked at first, in the order of the list: most lists are filled by these. */
  readonly look: number
  /** Rows of one condition that are read to find those that satisfy the others. */
  readonly read: number
}

/** 10,000 rows take about 25 ms. */
const EFFORT: Effort = { look: 2_000, read: 10_000 }
/** Pipelines usually have several jobs, so more of them than this part are not worth counting. */
const JOBS_OF_A_PIPELINE = 4

/**
 * Lists jobs without reading the history. A list with conditions takes the first of these ways that answers it:
 *
 * 1. It looks at the first jobs in its order.
 * 2. It counts, up to a limit, how many jobs satisfy each condition by itself. None: the list is empty. Few: these are
 *    read and the other conditions checked.
 * 3. It reads the index `jobs_status`, which has everything to filter by, and no rows.
 *
 * Names and tags are looked up in `job_profiles`, paths in `projects` and refs in `pipelines`, once each.
 *
 * @see `docs/decisions/0017-lists-look-at-profiles-first.md`
 */
export async function listJobs(db: Database, filter: JobFilter, effort: Effort = EFFORT): Promise<Job[]> {
  return (await list<JobRow>(db, filter, effort, JOB_COLUMNS)).map(toJob)
}

/** As `listJobs`, but returns only the ids, of which there may be many. */
export async function listJobIds(db: Database, filter: JobFilter, effort: Effort = EFFORT): Promise<number[]> {
  return (await list<{ readonly id: number }>(db, filter, effort, 'j.id')).map(({ id }) => id)
}

/** @param columns - of `jobView`. */
async function list<Row extends object>(
  db: Database,
  filter: JobFilter,
  effort: Effort,
  columns: string,
): Promise<Row[]> {
  const run = ({ text, params }: Built) => db.query<Row>(text, params)
  const only = onlyCondition(filter)
  if (only) return await run(ordered(filter, only, columns))
  if (filter.pipelineId !== undefined) return await run(reading(filter, { by: 'pipeline' }, NOTHING_FOUND, columns))

  const { jobs, isAll } = await look<Row>(db, filter, effort, columns)
  if (isAll || jobs.length === filter.limit) return jobs
  const { sizes, found } = await measure(db, filter, effort)
  const [least] = sizes.sort((one, other) => one.jobs - other.jobs)
  if (least?.jobs === 0) return []
  if (least && least.jobs <= effort.read) return await run(reading(filter, least, found, columns))
  return await run(readingIndex(filter, found, columns))
}

/** A statement under construction. */
class Draft {
  readonly params: unknown[] = []
  /** Adds a parameter and returns its place. */
  readonly $ = (value: unknown): string => `$${this.params.push(value)}`
}

interface Built {
  readonly text: string
  readonly params: readonly unknown[]
}

const isAsked = (search: string | undefined): search is string => search !== undefined && search !== ''

const COLUMN_OF = { status: 'status', projectId: 'project_id', runnerId: 'runner_id' } as const
type Indexed = keyof typeof COLUMN_OF
/** The column that selects the fewest jobs comes first. */
const INDEXED: readonly Indexed[] = ['runnerId', 'projectId', 'status']

/** Returns the condition when there is at most one, and the list is in the order of its index. */
function onlyCondition(filter: JobFilter): Indexed | 'none' | null {
  const { pipelineId, ref, sha, name, runnerTag, search } = filter
  if (isAsked(search) || [pipelineId, ref, sha, name, runnerTag].some((value) => value !== undefined)) return null
  const given = INDEXED.filter((key) => filter[key] !== undefined)
  return given.length > 1 ? null : (given[0] ?? 'none')
}

const orderOf = ({ sort }: JobFilter, jobs: string): string =>
  `order by ${jobs}.id ${sort === 'oldest' ? 'asc' : 'desc'}`

/** Equality for other columns of the row than the one whose index is read. */
const equal = (filter: JobFilter, { $ }: Draft, keys: readonly Indexed[]): string[] =>
  keys.flatMap((key) => (filter[key] === undefined ? [] : [`j.${COLUMN_OF[key]} = ${$(filter[key])}`]))

/** Jobs from the place of the page on: all, or those with one value of a column with an index on the column and id. */
interface Stretch {
  readonly where: string
  readonly order: string
}

/**
 * Ranges and an order of two columns can be had from the one index only. With an equality the planner could as well read
 * all jobs by their ids, and does so when a column had a single value as it was last analysed.
 */
function stretch(filter: JobFilter, { $ }: Draft, column?: string, value?: string): Stretch {
  const { behind, sort } = filter
  const [beyond, from, to, direction] = sort === 'oldest' ? ['>', '<=', '>=', 'asc'] : ['<', '>=', '<=', 'desc']
  if (column === undefined)
    return {
      where: behind === undefined ? 'true' : `j.id ${beyond} ${$(behind)}`,
      order: `order by j.id ${direction}`,
    }
  const end =
    behind === undefined ? `j.${column} ${to} ${value}` : `(j.${column}, j.id) ${beyond} (${value}, ${$(behind)})`
  return {
    where: `j.${column} ${from} ${value} and ${end}`,
    order: `order by j.${column} ${direction}, j.id ${direction}`,
  }
}

/** Conditions on the row of a job and on its pipeline `pl`. */
function ofRows(filter: JobFilter, { $ }: Draft): string[] {
  const { pipelineId, ref, sha, name, runnerTag } = filter
  const add = (value: unknown, condition: (parameter: string) => string) =>
    value === undefined ? [] : [condition($(value))]
  return [
    'pl.deleted_at is null',
    ...add(pipelineId, (p) => `j.pipeline_id = ${p}`),
    ...add(ref, (p) => `pl.ref = ${p}`),
    ...add(sha, (p) => `pl.sha = ${p}`),
    ...add(name, (p) => `j.name = ${p}`),
    ...add(runnerTag, (p) => `${p} = any (j.tags)`),
  ]
}

/** The same for the search, without help of what was found elsewhere. */
function ofSearch({ search }: JobFilter, { $ }: Draft): string[] {
  if (!isAsked(search)) return []
  const pattern = $(containing(search))
  return [
    `(j.name ilike ${pattern} or exists (select from unnest(j.tags) as tag where tag ilike ${pattern})
      or (select path from projects where id = j.project_id) ilike ${pattern})`,
  ]
}

const and = (conditions: readonly string[]): string => (conditions.length === 0 ? 'true' : conditions.join('\n   and '))

/** Lists the jobs of one indexed column, or all, in the order of the index. */
function ordered(filter: JobFilter, only: Indexed | 'none', columns: string): Built {
  const draft = new Draft()
  const { where, order } = stretchOf(filter, draft, only === 'none' ? undefined : only)
  const text = `select ${columns} from ${jobView()} where pl.deleted_at is null and ${where} ${order} limit ${draft.$(filter.limit)}`
  return { text, params: draft.params }
}

const stretchOf = (filter: JobFilter, draft: Draft, key: Indexed | undefined): Stretch =>
  key ? stretch(filter, draft, COLUMN_OF[key], draft.$(filter[key])) : stretch(filter, draft)

interface Look<Row> {
  readonly jobs: Row[]
  /** There are no jobs behind those that were looked at. */
  readonly isAll: boolean
}

async function look<Row extends object>(
  db: Database,
  filter: JobFilter,
  effort: Effort,
  columns: string,
): Promise<Look<Row>> {
  const draft = new Draft()
  const { $ } = draft
  const [first, ...others] = INDEXED.filter((key) => filter[key] !== undefined)
  const { where, order } = stretchOf(filter, draft, first)
  const text = `
with looked as materialized (
  select j.* from jobs j where ${where} ${order} limit ${$(effort.look)}
)
select c.looked, found.*
  from (select count(*)::integer as looked from looked) c
  left join lateral (
    select ${columns}
      from ${jobView('looked')}
     where ${and([...equal(filter, draft, others), ...ofRows(filter, draft), ...ofSearch(filter, draft)])}
     ${orderOf(filter, 'j')} limit ${$(filter.limit)}
  ) found on true
 ${orderOf(filter, 'found')}`
  const rows = await db.query<Row & { looked: number; id: number | null }>(text, draft.params)
  return {
    jobs: rows.flatMap((row) => (row.id === null ? [] : [row])),
    isAll: (rows[0]?.looked ?? 0) < effort.look,
  }
}

/** Ids of rows beside the jobs that satisfy a condition; null when it was not given, or when there are too many. */
interface Found {
  /** Profiles with the name and the tag. */
  named: readonly number[] | null
  /** Profiles with the searched text, which have the name and the tag, too. */
  profiles: readonly number[] | null
  /** Projects with the searched text in their path. */
  projects: readonly number[] | null
  /** Pipelines with the ref and the commit. */
  pipelines: readonly number[] | null
}
const NOTHING_FOUND: Found = { named: null, profiles: null, projects: null, pipelines: null }

type Way = Indexed | 'named' | 'search' | 'pipelines'

interface Size {
  readonly by: Way
  /** At most one more than the effort. */
  readonly jobs: number
}

/** The profiles of a filter's name and tag. */
function namedProfiles({ name, runnerTag }: JobFilter, { $ }: Draft): string[] {
  return [
    ...(name === undefined ? [] : [`v.name = ${$(name)}`]),
    ...(runnerTag === undefined ? [] : [`${$(runnerTag)} = any (v.tags)`]),
  ]
}

/** Without three letters or digits in a row, the trigram index of `job_profiles` would be read completely. */
const HAS_TRIGRAM = /[\p{L}\p{N}]{3}/u

// `search` finds the rows; name and tags decide, because a tag may have several lines.
function searchedProfiles(filter: JobFilter, draft: Draft): string[] {
  const search = filter.search ?? ''
  const pattern = draft.$(containing(search))
  return [
    `${HAS_TRIGRAM.test(search) ? 'v.search' : "(v.search || '')"} like lower(${pattern})`,
    `(v.name ilike ${pattern} or exists (select from unnest(v.tags) as tag where tag ilike ${pattern}))`,
    ...namedProfiles(filter, draft),
  ]
}

function searchedProjects({ search, projectId }: JobFilter, { $ }: Draft): string[] {
  return [`v.path ilike ${$(containing(search ?? ''))}`, ...(projectId === undefined ? [] : [`v.id = ${$(projectId)}`])]
}

function pipelinesOf({ ref, sha, projectId }: JobFilter, { $ }: Draft): string[] {
  return [
    'v.deleted_at is null',
    ...(ref === undefined ? [] : [`v.ref = ${$(ref)}`]),
    ...(sha === undefined ? [] : [`v.sha = ${$(sha)}`]),
    ...(projectId === undefined ? [] : [`v.project_id = ${$(projectId)}`]),
  ]
}

/** For each condition, counts the jobs that satisfy it. */
async function measure(db: Database, filter: JobFilter, { read }: Effort): Promise<{ sizes: Size[]; found: Found }> {
  const draft = new Draft()
  const { $ } = draft
  const isNamed = filter.name !== undefined || filter.runnerTag !== undefined
  const isSearched = isAsked(filter.search)
  const hasPipelines = filter.ref !== undefined || filter.sha !== undefined
  const fewPipelines = Math.ceil(read / JOBS_OF_A_PIPELINE)
  const sources: Source[] = [
    ...(isNamed ? [source('named', 'job_profiles', namedProfiles(filter, draft), read)] : []),
    ...(isSearched ? [source('profiles', 'job_profiles', searchedProfiles(filter, draft), read)] : []),
    ...(isSearched ? [source('projects', 'projects', searchedProjects(filter, draft), read)] : []),
    ...(hasPipelines ? [source('pipelines', 'pipelines', pipelinesOf(filter, draft), fewPipelines)] : []),
  ]

  const most = $(read + 1)
  const countOf = (jobs: string) => `(select count(*)::integer from (${jobs} limit ${most}) counted)`
  const count = ({ where, order }: Stretch) => countOf(`select from jobs j where ${where} ${order}`)
  const countOfEach = (given: keyof Found, column: string) => {
    const { where, order } = stretch(filter, draft, column, `${given}.id`)
    const jobs = `select from jobs j where ${where} ${order} limit ${most}`
    return countOf(`select from ${given} cross join lateral (${jobs}) own`)
  }
  const counts: { readonly by: Way; readonly text: string }[] = [
    ...INDEXED.filter((key) => filter[key] !== undefined).map((key) => ({
      by: key,
      text: count(stretchOf(filter, draft, key)),
    })),
    ...(isNamed ? [{ by: 'named' as const, text: countOfEach('named', 'profile_id') }] : []),
    ...(isSearched
      ? [
          {
            by: 'search' as const,
            text: `${countOfEach('profiles', 'profile_id')} + ${countOfEach('projects', 'project_id')}`,
          },
        ]
      : []),
    ...(hasPipelines ? [{ by: 'pipelines' as const, text: countOfEach('pipelines', 'pipeline_id') }] : []),
  ]
  const [row] = await db.query<{ counts: number[] } & { [Name in keyof Found]?: number[] }>(
    `${sources.length === 0 ? '' : `with ${sources.map(({ text }) => text).join(', ')}`}
select array[${counts.map(({ text }) => text).join(', ')}] as counts
       ${sources.map(({ name }) => `, array(select id from ${name}) as ${name}`).join('')}`,
    draft.params,
  )
  const found = { ...NOTHING_FOUND }
  for (const { name, limit } of sources) {
    const ids = row?.[name] ?? []
    if (ids.length <= limit) found[name] = ids
  }
  const isFound = (by: Way) =>
    by === 'search' ? found.profiles !== null && found.projects !== null : !isSourceName(by) || found[by] !== null
  return {
    // What was found in part only has more jobs than are read.
    sizes: counts.map(({ by }, n) => ({ by, jobs: isFound(by) ? (row?.counts[n] ?? 0) : Number.POSITIVE_INFINITY })),
    found,
  }
}

interface Source {
  readonly name: keyof Found
  readonly text: string
  /** With one more, what was found is not all. */
  readonly limit: number
}

/** Finds at most one row more than the limit. */
function source(name: keyof Found, table: string, conditions: readonly string[], limit: number): Source {
  return {
    name,
    limit,
    text: `${name} as materialized (select v.id from ${table} v where ${and(conditions)} limit ${limit + 1})`,
  }
}

const isSourceName = (by: Way): by is Extract<Way, keyof Found> => by in NOTHING_FOUND

/** Reads the jobs that satisfy one condition, in the order of the list, and checks the others until there are enough. */
function reading(filter: JobFilter, { by }: { readonly by: Way | 'pipeline' }, found: Found, columns: string): Built {
  const draft = new Draft()
  const { $ } = draft
  // `offset 0` keeps the planner from reading the jobs in the order of the list instead.
  const idsOf = (column: string, value: string) => {
    const { where, order } = stretch(filter, draft, column, value)
    return `select j.id from jobs j where ${where} ${order} offset 0`
  }
  const ofEach = (column: string, ids: readonly number[] | null) =>
    `select own.id from unnest(${$(ids ?? [])}::integer[]) as given (id)
      cross join lateral (${idsOf(column, 'given.id')}) own`
  const ids = (): string => {
    switch (by) {
      case 'pipeline':
        return idsOf('pipeline_id', $(filter.pipelineId))
      case 'named':
        return ofEach('profile_id', found.named)
      case 'search':
        return `${ofEach('profile_id', found.profiles)} union ${ofEach('project_id', found.projects)}`
      case 'pipelines':
        return ofEach('pipeline_id', found.pipelines)
      default:
        return idsOf(COLUMN_OF[by], $(filter[by]))
    }
  }
  const given = `select id from (${ids()}) given ${orderOf(filter, 'given')} offset 0`
  const conditions = [...equal(filter, draft, INDEXED), ...ofRows(filter, draft)]
  if (by !== 'search') conditions.push(...ofFoundSearch(filter, found, draft))
  return ofFound(
    filter,
    draft,
    columns,
    `select given.id
       from (${given}) given
      cross join lateral (select * from jobs where id = given.id offset 0) j
      cross join lateral (select ref, sha, deleted_at from pipelines where id = j.pipeline_id offset 0) pl
      where ${and(conditions)}`,
  )
}

/** The condition of the search; by what was found for it if that is known. */
function ofFoundSearch(filter: JobFilter, { profiles, projects }: Found, draft: Draft): string[] {
  if (!isAsked(filter.search)) return []
  if (!profiles || !projects) return ofSearch(filter, draft)
  const given = (ids: readonly number[]) => `(select unnest(${draft.$(ids)}::integer[]))`
  return [`(j.profile_id in ${given(profiles)} or j.project_id in ${given(projects)})`]
}

/** Reads only the index `jobs_status`, status by status, until each has enough. */
function readingIndex(filter: JobFilter, found: Found, columns: string): Built {
  const draft = new Draft()
  const { $ } = draft
  // `is true` keeps the planner from joining, which would lose the order.
  const among = (column: string, name: keyof Found, table: string, conditions: (draft: Draft) => string[]) => {
    const ids = found[name]
    const rows = ids
      ? `select unnest(${$(ids)}::integer[])`
      : `select v.id from ${table} v where ${and(conditions(draft))}`
    return `(j.${column} in (${rows})) is true`
  }
  const { name, runnerTag, search, ref, sha } = filter
  const conditions = [
    ...equal(filter, draft, ['projectId', 'runnerId']),
    '(j.pipeline_id in (select id from pipelines where deleted_at is not null)) is not true',
  ]
  if (name !== undefined || runnerTag !== undefined)
    conditions.push(among('profile_id', 'named', 'job_profiles', (d) => namedProfiles(filter, d)))
  if (isAsked(search))
    conditions.push(
      `(${among('profile_id', 'profiles', 'job_profiles', (d) => searchedProfiles(filter, d))}
        or ${among('project_id', 'projects', 'projects', (d) => searchedProjects(filter, d))})`,
    )
  if (ref !== undefined || sha !== undefined)
    conditions.push(among('pipeline_id', 'pipelines', 'pipelines', (d) => pipelinesOf(filter, d)))
  const statuses = filter.status === undefined ? JOB_STATUSES : [filter.status]
  const { where, order } = stretch(filter, draft, 'status', 'given.status')
  return ofFound(
    filter,
    draft,
    columns,
    `select j.id
       from unnest(${$(statuses)}::text[]) as given (status)
      cross join lateral (
        select j.id from jobs j where ${where} and ${and(conditions)}
         ${order} limit ${$(filter.limit)}) j`,
  )
}

/** Shows the first of the jobs whose ids a statement selects. */
function ofFound(filter: JobFilter, { $, params }: Draft, columns: string, ids: string): Built {
  const limit = $(filter.limit)
  const rows = `(select jobs.* from found cross join lateral (select * from jobs where id = found.id offset 0) jobs)`
  const text = `
with found as materialized (
  select j.id from (${ids}) j ${orderOf(filter, 'j')} limit ${limit}
)
select ${columns} from ${jobView(rows)} ${orderOf(filter, 'j')}`
  return { text, params }
}
