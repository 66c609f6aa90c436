import { constants } from 'node:fs'
import { cp } from 'node:fs/promises'
import { type Environment, Gateway, temporaryDirectory } from './gateway.ts'

/** Names the directory that `makeTemplate` made, for the processes that run the tests. */
const TEMPLATE = 'TEST_DATA_DIR_TEMPLATE'
/** Given from outside they may differ from those that the template's data was made with. */
const OWN_DATA: readonly string[] = ['DATABASE_URL', 'REGISTRATION_TOKEN', 'ENCRYPTION_KEY']

/**
 * Before the first test: a `DATA_DIR` as the first start of a gateway leaves it. The tests begin with copies, which saves
 * each gateway the seconds in which an empty database is made.
 *
 * @returns removes it, after the last test.
 */
export default async function makeTemplate(): Promise<() => Promise<void>> {
  const directory = await temporaryDirectory()
  const gateway = await Gateway.start(directory.path)
  await gateway.stop()
  process.env[TEMPLATE] = directory.path
  return directory.dispose
}

/** A directory for a gateway with this environment: like a new one after its first start. Gone after `dispose`. */
export async function freshDataDir(env: Environment): ReturnType<typeof temporaryDirectory> {
  const directory = await temporaryDirectory()
  const template = process.env[TEMPLATE]
  if (template && OWN_DATA.every((name) => env[name] === undefined)) {
    await cp(template, directory.path, { recursive: true, mode: constants.COPYFILE_FICLONE })
  }
  return directory
}
