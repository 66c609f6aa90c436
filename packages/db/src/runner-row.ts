import type { RunnerOverview } from '@yardmaster/domain/ports'
import { type Manager, ONLINE_MS, type Runner, type RunnerStatus, STALE_MS } from '@yardmaster/domain/runners'
import { IS } from './job-statuses.ts'

export interface RunnerRow {
  id: number
  runner_type: Runner['runnerType']
  registration_type: Runner['registrationType']
  creation_state: Runner['creationState']
  token_prefix: string
  token_expires_at: Date | null
  group_id: number | null
  project_ids: number[]
  name: string | null
  description: string | null
  maintenance_note: string | null
  paused: boolean
  locked: boolean
  access_level: Runner['accessLevel']
  run_untagged: boolean
  tags: string[]
  maximum_timeout: number | null
  cost_factor: number
  contacted_at: Date | null
  created_at: Date
  updated_at: Date
}

/** Columns of a `RunnerRow`, from runners as `r`. Deleted projects are not shown. */
export const RUNNER_COLUMNS = `r.id, r.runner_type, r.registration_type, r.creation_state, r.token_prefix,
  r.token_expires_at, r.group_id, r.name, r.description, r.maintenance_note, r.paused, r.locked, r.access_level,
  r.run_untagged, r.tags, r.maximum_timeout, r.cost_factor, r.contacted_at, r.created_at, r.updated_at,
  array(select a.project_id from runner_projects a join projects p on p.id = a.project_id
         where a.runner_id = r.id and p.deleted_at is null order by a.project_id) as project_ids`

export const toRunner = (row: RunnerRow): Runner => ({
  id: row.id,
  runnerType: row.runner_type,
  registrationType: row.registration_type,
  creationState: row.creation_state,
  tokenPrefix: row.token_prefix,
  tokenExpiresAt: row.token_expires_at,
  groupId: row.group_id,
  projectIds: row.project_ids,
  name: row.name,
  description: row.description,
  maintenanceNote: row.maintenance_note,
  paused: row.paused,
  locked: row.locked,
  accessLevel: row.access_level,
  runUntagged: row.run_untagged,
  tagList: row.tags,
  maximumTimeout: row.maximum_timeout,
  costFactor: row.cost_factor,
  contactedAt: row.contacted_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

export interface OverviewRow extends RunnerRow {
  version: string | null
  executor: string | null
  platform: string | null
  ip_address: string | null
  running_jobs: number
}

/** The source of an `OverviewRow`: runners with the manager seen last and their number of running jobs. */
export const OVERVIEWS = `
  runners r
  left join lateral (
    select m.version, m.executor, m.platform, m.ip_address, m.features from runner_managers m
     where m.runner_id = r.id order by m.contacted_at desc nulls last, m.id desc limit 1
  ) seen on true
  left join (
    select runner_id, count(*)::int as running_jobs from jobs
     where status in ${IS.executing} group by runner_id
  ) busy on busy.runner_id = r.id`

export const OVERVIEW_COLUMNS = `${RUNNER_COLUMNS}, seen.version, seen.executor, seen.platform, seen.ip_address,
  coalesce(busy.running_jobs, 0) as running_jobs`

export const toOverview = (row: OverviewRow): RunnerOverview => ({
  ...toRunner(row),
  version: row.version,
  executor: row.executor,
  platform: row.platform,
  ipAddress: row.ip_address,
  runningJobs: row.running_jobs,
})

/** The domain's `runnerStatus` as SQL, over runners as `r`; tests compare the two. */
export const RUNNER_STATUS = `case
    when now() - greatest(r.created_at, r.contacted_at) >= interval '${STALE_MS} milliseconds' then 'stale'
    when r.contacted_at is null or r.creation_state = 'started' then 'never_contacted'
    when now() - r.contacted_at < interval '${ONLINE_MS} milliseconds' then 'online'
    else 'offline' end`

export interface StatusCountRow {
  status: RunnerStatus
  runners: number
}

export interface ManagerRow {
  id: number
  runner_id: number
  system_id: string
  version: string | null
  revision: string | null
  platform: string | null
  architecture: string | null
  executor: string | null
  ip_address: string | null
  config: Record<string, unknown>
  features: Record<string, unknown>
  labels: Record<string, string>
  contacted_at: Date | null
  created_at: Date
  updated_at: Date
}

/** Columns of a `ManagerRow`, from runner_managers as `m`. */
export const MANAGER_COLUMNS = `m.id, m.runner_id, m.system_id, m.version, m.revision, m.platform, m.architecture,
  m.executor, m.ip_address, m.config, m.features, m.labels, m.contacted_at, m.created_at, m.updated_at`

export const toManager = (row: ManagerRow): Manager => ({
  id: row.id,
  runnerId: row.runner_id,
  systemId: row.system_id,
  version: row.version,
  revision: row.revision,
  platform: row.platform,
  architecture: row.architecture,
  executor: row.executor,
  ipAddress: row.ip_address,
  config: row.config,
  features: row.features,
  labels: row.labels,
  contactedAt: row.contacted_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
