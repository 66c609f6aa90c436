import { constants } from 'node:fs'
import { cp } from 'node:fs/promises'
import { type Environment, Gateway, temporaryDirectory } from './gateway.ts'

/** Passes the directory made by `makeTemplate` to the processes that run the tests. */
const TEMPLATE = 'TEST_DATA_DIR_TEMPLATE'
/** When set from outside, they may differ from those that the template was made with. */
const OWN_DATA: readonly string[] = ['DATABASE_URL', 'REGISTRATION_TOKEN', 'ENCRYPTION_KEY']

/**
 * Makes a `DATA_DIR` as the first start of a gateway leaves it, before the first test. Tests start with copies, which
 * saves each gateway the seconds that it takes to create a database.
 *
 * @returns a function that removes it after the last test.
 */
export default async function makeTemplate(): Promise<() => Promise<void>> {
  const directory = await temporaryDirectory()
  const gateway = await Gateway.start(directory.path)
  await gateway.stop()
  process.env[TEMPLATE] = directory.path
  return directory.dispose
}

/** Makes a directory for a gateway with this environment, as after a first start. `dispose` removes it. */
export async function freshDataDir(env: Environment): ReturnType<typeof temporaryDirectory> {
  const directory = await temporaryDirectory()
  const template = process.env[TEMPLATE]
  if (template && OWN_DATA.every((name) => env[name] === undefined)) {
    await cp(template, directory.path, { recursive: true, mode: constants.COPYFILE_FICLONE })
  }
  return directory
}
