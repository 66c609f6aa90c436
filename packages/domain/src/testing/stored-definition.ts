import { storedDefinition } from '@yardmaster/ci-config'
import { database, find, services } from './scene.ts'

/** For tests. Replaces the stored definition of a job by what `change` makes of it. */
export async function changeStored(id: number, change: (stored: object) => object): Promise<void> {
  const definition = await services.jobs.definition(id)
  if (!definition || definition === 'newer') throw new Error(`job ${id} has no definition`)
  const encrypted = database.secrets.encrypt(JSON.stringify(change(storedDefinition(definition))), await placeOf(id))
  await database.db.query('update job_secrets set definition = $2 where job_id = $1', [id, encrypted])
}

/** For tests. Returns the stored text of a job's definition. */
export async function storedText(id: number): Promise<string> {
  const [row] = await database.db.query<{ definition: Uint8Array }>(
    'select definition from job_secrets where job_id = $1',
    [id],
  )
  return database.secrets.decrypt(row?.definition ?? new Uint8Array(), await placeOf(id))
}

async function placeOf(id: number) {
  const { pipelineId, name } = await find(id)
  return { column: 'job_secrets.definition', row: `${pipelineId}:${name}` } as const
}

/** For tests. Changes a stored definition as a newer release would have stored it. */
export const byNewerRelease = (stored: object): object => ({ ...stored, version: 99 })

/** SQL of bytes that cannot be decrypted. */
export const DAMAGED_BYTES = "decode('0011223344556677', 'hex')"
