import type { Contact, RunnerStore } from '@yardmaster/domain/ports'
import type { ManagerDetails } from '@yardmaster/domain/runners'
import type { Database } from './database.ts'
import { IS } from './job-statuses.ts'
import { MANAGER_COLUMNS, type ManagerRow, toManager } from './runner-row.ts'

type ManagerStore = Pick<
  RunnerStore,
  'managers' | 'seeManager' | 'findManager' | 'removeManager' | 'removeSilentManagers' | 'recordContacts'
>

/** Contacts of one statement; others run in between. */
const CONTACTS_AT_ONCE = 500

/**
 * A contact in the future was recorded while a clock was wrong. Without this it would count as the latest until then.
 */
const laterOf = (contact: string, known: string): string =>
  `case when ${known} > now() + interval '1 minute' then ${contact} else greatest(${contact}, ${known}) end`

// Details that are too long are cut (`docs/protocol/common.md 14`); absent ones keep what is stored. `updated_at` does
// not change: this is a heartbeat.
const SEE = {
  name: 'see-manager',
  text: `
insert into runner_managers as m (runner_id, system_id, version, revision, platform, architecture, executor, ip_address,
    config, features, labels, contacted_at)
values ($1, $2, left($3, 2048), left($4, 255), left($5, 255), left($6, 255), $7, left($8, 1024),
    coalesce($9::json, '{}'), coalesce($10::json, '{}'), coalesce($11::json, '{}'), $12)
on conflict (runner_id, system_id) do update set
    version = coalesce(excluded.version, m.version),
    revision = coalesce(excluded.revision, m.revision),
    platform = coalesce(excluded.platform, m.platform),
    architecture = coalesce(excluded.architecture, m.architecture),
    executor = coalesce(excluded.executor, m.executor),
    ip_address = coalesce(excluded.ip_address, m.ip_address),
    config = coalesce($9::json, m.config),
    features = coalesce($10::json, m.features),
    labels = coalesce($11::json, m.labels),
    contacted_at = ${laterOf('excluded.contacted_at', 'm.contacted_at')}
returning ${MANAGER_COLUMNS}`,
}

const FIND = {
  name: 'find-manager',
  text: `select ${MANAGER_COLUMNS} from runner_managers m
 where m.runner_id = $1 and m.system_id = $2`,
}

const REMOVE = `
with removed as (
  delete from runner_managers where id = $1 and ($2::timestamptz is null or updated_at <= $2) returning id, runner_id
), forgotten as (
  update runners r set contacted_at = null
    from removed
   where r.id = removed.runner_id
     and not exists (select from runner_managers m where m.runner_id = r.id and m.id <> removed.id)
)
select id from removed`

// The lock checks again a row that was written meanwhile, so a manager with a new contact stays. `not in` builds one
// list from the few running jobs, where `not exists` would read all jobs of a runner.
const REMOVE_SILENT = `
delete from runner_managers
 where id = any (array(
   select m.id from runner_managers m
    where greatest(m.created_at, m.contacted_at) < $1
      and m.id not in (select j.manager_id from jobs j
                        where j.status in ${IS.executing} and j.manager_id is not null)
    order by m.id limit $2
      for update of m skip locked))
returning id`

// Rows are locked in the order of their ids, so that two processes that write at once can't deadlock.
const RECORD_MANAGERS = `
with held as materialized (
  select m.id, seen.at, seen.ip_address, seen.asked_at
    from runner_managers m
    join (select distinct on (id) id, at, ip_address, asked_at
            from unnest($1::integer[], $2::timestamptz[], $3::text[], $4::timestamptz[]) as t (id, at, ip_address, asked_at)
           order by id, at desc) seen on seen.id = m.id
   order by m.id
     for no key update of m
)
update runner_managers m
   set contacted_at = ${laterOf('held.at', 'm.contacted_at')},
       asked_at = ${laterOf('held.asked_at', 'm.asked_at')},
       ip_address = coalesce(left(held.ip_address, 1024), m.ip_address)
  from held
 where m.id = held.id`

// A contact through a manager that was removed meanwhile is ignored: a runner without managers was never contacted.
const RECORD_RUNNERS = `
with held as materialized (
  select r.id, seen.at
    from runners r
    join (select id, max(at) as at
            from unnest($1::integer[], $2::timestamptz[], $3::integer[]) as t (id, at, manager_id)
           where manager_id is null or exists (select from runner_managers m where m.id = manager_id)
           group by id) seen on seen.id = r.id
   order by r.id
     for no key update of r
)
update runners r set contacted_at = ${laterOf('held.at', 'r.contacted_at')} from held where r.id = held.id`

export function managerStore(db: Database): ManagerStore {
  return {
    async managers(runnerId) {
      const rows = await db.query<ManagerRow>(
        `select ${MANAGER_COLUMNS} from runner_managers m where m.runner_id = $1
          order by m.contacted_at desc nulls last, m.id desc`,
        [runnerId],
      )
      return rows.map(toManager)
    },

    async seeManager(runnerId, systemId, details, at) {
      const [row] = await db.query<ManagerRow>(SEE, [runnerId, systemId, ...detailParams(details), at])
      if (!row) throw new Error(`The manager ${systemId} of runner ${runnerId} was neither created nor found.`)
      return toManager(row)
    },

    async findManager(runnerId, systemId) {
      const [row] = await db.query<ManagerRow>(FIND, [runnerId, systemId])
      return row ? toManager(row) : null
    },

    async removeManager(id, unlessChangedAfter) {
      return (await db.query(REMOVE, [id, unlessChangedAfter ?? null])).length > 0
    },

    async removeSilentManagers(before, limit) {
      return (await db.query(REMOVE_SILENT, [before, limit])).length
    },

    async recordContacts(contacts) {
      for (let from = 0; from < contacts.length; from += CONTACTS_AT_ONCE) {
        await recordBatch(db, contacts.slice(from, from + CONTACTS_AT_ONCE))
      }
    },
  }
}

async function recordBatch(db: Database, contacts: readonly Contact[]): Promise<void> {
  const ofManagers = contacts.filter((contact) => contact.managerId !== null)
  if (ofManagers.length > 0) {
    await db.query(RECORD_MANAGERS, [
      ofManagers.map((contact) => contact.managerId),
      ofManagers.map((contact) => contact.at.toISOString()),
      ofManagers.map((contact) => contact.ipAddress),
      ofManagers.map((contact) => contact.askedAt?.toISOString() ?? null),
    ])
  }
  await db.query(RECORD_RUNNERS, [
    contacts.map((contact) => contact.runnerId),
    contacts.map((contact) => contact.at.toISOString()),
    contacts.map((contact) => contact.managerId),
  ])
}

function detailParams(details: ManagerDetails): (string | null)[] {
  const { version, revision, platform, architecture, executor, ipAddress, config, features, labels } = details
  return [
    ...[version, revision, platform, architecture, executor, ipAddress].map(textOrNull),
    ...[config, features, labels].map(jsonOrNull),
  ]
}

// Blank text counts as absent: `docs/protocol/common.md 3`.
const textOrNull = (text: string | undefined): string | null => (text === undefined || text.trim() === '' ? null : text)

const jsonOrNull = (value: object | undefined): string | null =>
  value === undefined || Object.keys(value).length === 0 ? null : JSON.stringify(value)
