import { hash, randomBytes } from 'node:crypto'
import { FakeRunner } from '../support/fake-runner.ts'
import type { Site } from './form.ts'
import { withDatabase } from './stopped-database.ts'

export interface Fleet {
  readonly runners: number
  /** Managers of each runner, each of which polls. */
  readonly managers: number
  /** @param runner - its number, from 0. */
  jobsOf(runner: number): { readonly tags: readonly string[]; readonly untagged: boolean }
}

/** A runner with the token and the system ids of its managers. */
export interface FleetRunner {
  readonly token: string
  readonly systemIds: readonly string[]
}

const COPY = `
with given as (
  select * from jsonb_to_recordset($2::jsonb) as (token_digest text, tags text[], untagged boolean, system_ids text[])
), copied as (
  insert into runners (runner_type, registration_type, creation_state, token_digest, token_prefix, name, description,
      paused, locked, access_level, run_untagged, tags, contacted_at)
  select o.runner_type, o.registration_type, o.creation_state, given.token_digest, o.token_prefix, o.name,
      o.description, o.paused, o.locked, o.access_level, given.untagged, given.tags, o.contacted_at
    from given, runners o
   where o.id = $1
  returning id, token_digest
)
insert into runner_managers (runner_id, system_id, version, revision, platform, architecture, executor, ip_address,
    config, features, labels, contacted_at, asked_at)
select copied.id, named.system_id, o.version, o.revision, o.platform, o.architecture, o.executor, o.ip_address,
    o.config, o.features, o.labels, o.contacted_at, o.asked_at
  from copied
  join given using (token_digest)
 cross join lateral unnest(given.system_ids) as named (system_id)
 cross join (select * from runner_managers where runner_id = $1 limit 1) o`

/**
 * Registers a runner and copies it with its manager many times. The gateway is stopped meanwhile, and has another
 * address afterwards.
 */
export async function fillFleet(site: Site, { runners, managers, jobsOf }: Fleet): Promise<readonly FleetRunner[]> {
  const original = await site.runner()
  await original.request()
  const fleet = Array.from({ length: runners }, (_, runner) => ({
    token: `glrtr-${randomBytes(18).toString('base64url')}`,
    // A process has one for all of its entries, and these are processes of their own.
    systemIds: Array.from({ length: managers }, (_, manager) => `s_${runner}_${manager}`),
  }))
  const copies = fleet.map(({ token, systemIds }, runner) => {
    const { tags, untagged } = jobsOf(runner)
    return { token_digest: hash('sha256', token), tags, untagged, system_ids: systemIds }
  })
  await withDatabase(site, async (query) => {
    await query(COPY, [original.id, JSON.stringify(copies)])
    await query('analyze')
  })
  return fleet
}

/** Asks for a job. Returns the queue value that the runner repeats from then on. */
export async function queueValueOf(site: Site, { token, systemIds }: FleetRunner): Promise<string | null> {
  const [systemId] = systemIds
  const runner = new FakeRunner(site.url, { id: 0, token }, systemId === undefined ? {} : { systemId })
  const { status, text } = await runner.request({ last_update: '' })
  if (status !== 204) throw new Error(`${status} ${text}`)
  return runner.lastUpdate
}
