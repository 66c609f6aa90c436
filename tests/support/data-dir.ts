import { constants } from 'node:fs'
import { cp } from 'node:fs/promises'
import { type Environment, Gateway, temporaryDirectory } from './gateway.ts'

/** Names a directory as `makeDataDir` makes it, for the processes that run the tests. `npm test` sets it. */
const TEMPLATE = 'TEST_DATA_DIR_TEMPLATE'
/** When set from outside, they may differ from those that the template was made with. */
const OWN_DATA: readonly string[] = ['DATABASE_URL', 'REGISTRATION_TOKEN', 'ENCRYPTION_KEY']

/** Makes a `DATA_DIR` out of an empty directory, as the first start of a gateway leaves it. */
export async function makeDataDir(path: string): Promise<void> {
  const gateway = await Gateway.start(path)
  await gateway.stop()
}

/**
 * Makes a template before the first test, unless there is one. Tests start with copies, which saves each gateway the ten
 * seconds of processor time that it takes to create a database.
 *
 * @returns a function that removes it after the last test.
 */
export default async function makeTemplate(): Promise<(() => Promise<void>) | undefined> {
  if (process.env[TEMPLATE]) return
  const directory = await temporaryDirectory()
  await makeDataDir(directory.path)
  process.env[TEMPLATE] = directory.path
  return directory.dispose
}

/** Returns what a process that starts gateways of its own needs in its environment. */
export function templateVariable(): Environment {
  const template = process.env[TEMPLATE]
  return template ? { [TEMPLATE]: template } : {}
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
