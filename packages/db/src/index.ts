import { randomBytes } from 'node:crypto'
import { DEFAULT_SETTINGS, newRegistrationToken } from '@yardmaster/domain'
import type { Ports } from '@yardmaster/domain/ports'
import { DEFAULT_PROJECT_PATH } from '@yardmaster/domain/projects'
import { artifactStore } from './artifacts.ts'
import { auditStore } from './audit.ts'
import { fillCheckoutPaths } from './checkout-paths.ts'
import { commitStatusStore } from './commit-statuses.ts'
import type { Database, DatabaseConfig } from './database.ts'
import { environmentStore } from './environments.ts'
import { hookStore } from './hooks.ts'
import { jobStore } from './jobs.ts'
import { ownRepositoryStore } from './own-repositories.ts'
import { openPostgres } from './pg.ts'
import { openPGlite } from './pglite.ts'
import { pipelineStore } from './pipelines.ts'
import { projectTokenStore } from './project-tokens.ts'
import { insertProject, projectStore } from './projects.ts'
import { resourceGroupStore } from './resource-groups.ts'
import { retentionStore } from './retention.ts'
import { runnerStore } from './runners.ts'
import { scheduleStore } from './schedules.ts'
import { checkKey, type SecretBox } from './secrets.ts'
import { sessionStore } from './sessions.ts'
import { seedSettings, settingsStore } from './settings.ts'
import { signingKeyStore } from './signing-keys.ts'
import { traceStore } from './traces.ts'
import { usageStore } from './usage.ts'
import { webhookStore } from './webhooks.ts'

export { type Database, type DatabaseConfig, DatabaseRefusedError } from './database.ts'
export { lockDatabase } from './database-lock.ts'
export { durabilityConcerns } from './durability.ts'
export { migrate } from './migrate.ts'
export { OLDEST_POSTGRES, ServerTooOldError, UnreadableAnswerError } from './pg-connection.ts'
export { probeWrites } from './probe-writes.ts'
export { openSecretBox, type SecretBox } from './secrets.ts'

export type Stores = Pick<
  Ports,
  | 'runners'
  | 'projects'
  | 'projectTokens'
  | 'ownRepositories'
  | 'settings'
  | 'jobs'
  | 'pipelines'
  | 'schedules'
  | 'environments'
  | 'resourceGroups'
  | 'retention'
  | 'traces'
  | 'artifacts'
  | 'sessions'
  | 'audit'
  | 'hooks'
  | 'webhooks'
  | 'commitStatuses'
  | 'usage'
  | 'signingKeys'
>

/** Opens PostgreSQL by its address, or PGlite in this process. The caller has to close it. */
export async function openDatabase(config: DatabaseConfig): Promise<Database> {
  return config.kind === 'postgres' ? openPostgres(config) : openPGlite(config.dir)
}

/**
 * Stores what a migrated database needs: settings, the instance's registration token, and the project that always
 * exists. Call it at every start; existing data stays.
 *
 * @param registrationToken - the instance's token, if the operator chose one; a rotated one in the database takes
 * precedence.
 * @throws when the data was encrypted with another key.
 */
export async function seed(
  db: Database,
  secrets: SecretBox,
  { registrationToken = newRegistrationToken() }: { registrationToken?: string } = {},
): Promise<void> {
  await checkKey(db, secrets)
  await seedSettings(db, secrets, DEFAULT_SETTINGS, registrationToken)
  await insertProject(db, secrets, { path: DEFAULT_PROJECT_PATH })
  await fillCheckoutPaths(db, secrets)
}

/**
 * Returns an id that distinguishes this database's data from any other's. Created at the first call, and then
 * permanent.
 */
export async function installationId(db: Database): Promise<string> {
  await db.query('insert into meta (key, value) values ($1, $2) on conflict do nothing', [
    'installation_id',
    Buffer.from(randomBytes(9).toString('base64url')),
  ])
  const [row] = await db.query<{ value: Uint8Array }>('select value from meta where key = $1', ['installation_id'])
  return Buffer.from(row?.value ?? []).toString()
}

/** Returns the stores behind the ports, for a database that is migrated and seeded. */
export function stores(db: Database, secrets: SecretBox): Stores {
  return {
    runners: runnerStore(db),
    projects: projectStore(db, secrets),
    projectTokens: projectTokenStore(db),
    ownRepositories: ownRepositoryStore(db, secrets),
    settings: settingsStore(db, secrets),
    jobs: jobStore(db, secrets),
    pipelines: pipelineStore(db, secrets),
    schedules: scheduleStore(db, secrets),
    environments: environmentStore(db),
    resourceGroups: resourceGroupStore(db),
    retention: retentionStore(db),
    traces: traceStore(db),
    artifacts: artifactStore(db, secrets),
    sessions: sessionStore(db),
    audit: auditStore(db),
    hooks: hookStore(db, secrets),
    webhooks: webhookStore(db, secrets),
    commitStatuses: commitStatusStore(db, secrets),
    usage: usageStore(db),
    signingKeys: signingKeyStore(db, secrets),
  }
}
