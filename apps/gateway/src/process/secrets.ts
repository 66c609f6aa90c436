import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { newOpaqueValue, newRegistrationToken } from '@yardmaster/domain'
import { type Config, isEncryptionKey, isToken } from '../config.ts'
import { keptSecret, type Secret } from './kept-secret.ts'

const nothing = async (): Promise<null> => null

const ADMIN_TOKEN: Secret = {
  name: 'admin-token',
  variable: 'ADMIN_TOKEN',
  make: () => `ymat-${newOpaqueValue()}`,
  isWhole: isToken,
  neededBy: nothing,
}

const REGISTRATION_TOKEN: Secret = {
  name: 'registration-token',
  variable: 'REGISTRATION_TOKEN',
  make: newRegistrationToken,
  isWhole: isToken,
  neededBy: nothing,
}

const encryptionKey = ({ database }: Pick<Config, 'database'>): Secret => ({
  name: 'encryption-key',
  variable: 'ENCRYPTION_KEY',
  make: () => randomBytes(32).toString('base64'),
  isWhole: isEncryptionKey,
  async neededBy() {
    // The key of an external database is checked once it is open.
    if (database.kind !== 'pglite') return null
    const files = await readdir(database.dir).catch(() => [])
    return files.length > 0 ? database.dir : null
  },
})

/**
 * Returns the given secrets, and the others from the data directory.
 *
 * @throws DataDirError when one can't be read and must not be replaced.
 */
export async function readSecrets(config: Pick<Config, 'dataDir' | 'database' | 'secrets'>) {
  const { dataDir, secrets } = config
  return {
    adminToken: await keptSecret(dataDir, ADMIN_TOKEN, secrets.adminToken),
    registrationToken: await keptSecret(dataDir, REGISTRATION_TOKEN, secrets.registrationToken),
    encryptionKey: await keptSecret(dataDir, encryptionKey(config), secrets.encryptionKey),
  }
}
