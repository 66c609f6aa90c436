import { digestOf, type Settings } from '@yardmaster/domain'
import type { SettingsStore } from '@yardmaster/domain/ports'
import { readIfPossible } from './damage.ts'
import type { Database } from './database.ts'
import { placeOf, type SecretBox } from './secrets.ts'
import { assignments } from './set-clause.ts'

/** The table has one row. */
const TOKEN_PLACE = placeOf('settings.registration_token', 'instance')

interface SettingsRow {
  maintenance: boolean
  project_registration: boolean
  group_registration: boolean
  fair_scheduling: boolean
  supply_gitlab_ci: boolean
  archive_after: number | null
  max_stored_bytes: number | null
}

const COLUMNS: { readonly [Field in keyof Settings]: keyof SettingsRow } = {
  maintenance: 'maintenance',
  projectRegistration: 'project_registration',
  groupRegistration: 'group_registration',
  fairScheduling: 'fair_scheduling',
  supplyGitlabCi: 'supply_gitlab_ci',
  archiveAfter: 'archive_after',
  maxStoredBytes: 'max_stored_bytes',
}

const toSettings = (row: SettingsRow): Settings => ({
  maintenance: row.maintenance,
  projectRegistration: row.project_registration,
  groupRegistration: row.group_registration,
  fairScheduling: row.fair_scheduling,
  supplyGitlabCi: row.supply_gitlab_ci,
  archiveAfter: row.archive_after,
  maxStoredBytes: row.max_stored_bytes,
})

const SELECT = { name: 'settings', text: `select ${Object.values(COLUMNS).join(', ')} from settings` }

/** Stores the initial settings and the instance's registration token, unless they exist. */
export async function seedSettings(
  db: Database,
  secrets: SecretBox,
  settings: Settings,
  registrationToken: string,
): Promise<void> {
  await db.query(
    `insert into settings (maintenance, project_registration, group_registration, fair_scheduling, supply_gitlab_ci,
        archive_after, max_stored_bytes, registration_token_digest, registration_token)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict do nothing`,
    [
      settings.maintenance,
      settings.projectRegistration,
      settings.groupRegistration,
      settings.fairScheduling,
      settings.supplyGitlabCi,
      settings.archiveAfter,
      settings.maxStoredBytes,
      digestOf(registrationToken),
      secrets.encrypt(registrationToken, TOKEN_PLACE),
    ],
  )
}

export function settingsStore(db: Database, secrets: SecretBox): SettingsStore {
  async function get(): Promise<Settings> {
    return toSettings(only(await db.query<SettingsRow>(SELECT)))
  }

  return {
    get,

    async update(changes) {
      const params: unknown[] = []
      const set = assignments(COLUMNS, changes, params)
      if (set !== '') await db.query(`update settings set ${set}`, params)
      return get()
    },

    async registrationToken() {
      const row = only(await db.query<{ registration_token: Uint8Array }>('select registration_token from settings'))
      return await readIfPossible(db, secrets, () => secrets.decrypt(row.registration_token, TOKEN_PLACE))
    },

    async isRegistrationToken(digest) {
      const found = await db.query('select from settings where registration_token_digest = $1', [digest])
      return found.length > 0
    },

    async replaceRegistrationToken(token) {
      await db.query('update settings set registration_token_digest = $1, registration_token = $2', [
        digestOf(token),
        secrets.encrypt(token, TOKEN_PLACE),
      ])
    },
  }
}

function only<Row>(rows: Row[]): Row {
  const [row] = rows
  if (!row) throw new Error('The database has no settings: seed() creates them at every start.')
  return row
}
