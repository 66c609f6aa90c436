import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { NewerFormError, openObject, type StoredForm, storeObject } from '@yardmaster/common'
import { localFailure } from './failure.ts'

/** An installation and the token for it, by a name that the user chose. */
export interface Context {
  readonly name: string
  /** Without a slash at the end. */
  readonly url: string
  readonly token: string
}

export interface Contexts {
  /** The name of the context that verbs use; null when there is none. */
  readonly current: string | null
  readonly contexts: readonly Context[]
}

const FORM: StoredForm<Contexts> = {
  current: { since: 1 },
  contexts: { since: 1, parts: { name: { since: 1 }, url: { since: 1 }, token: { since: 1 } } },
}

const NONE: Contexts = { current: null, contexts: [] }

/** Returns the path of the file with all contexts. */
export const contextsFile = (configHome: string): string => join(configHome, 'yardmaster', 'contexts.json')

/**
 * Reads the contexts. Like ssh with its keys, it refuses a file that other users of the machine may read or write.
 *
 * @throws Failure
 */
export function readContexts(file: string): Contexts {
  let text: string
  try {
    text = readPrivate(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NONE
    if (!(error as NodeJS.ErrnoException).code) throw error
    throw localFailure(`${file} cannot be read: ${(error as Error).message}.`)
  }
  try {
    return checkedContexts(openObject(FORM, JSON.parse(text)))
  } catch (error) {
    if (error instanceof NewerFormError) {
      throw localFailure(`A newer release of yardmaster wrote ${file}.`, 'npx yardmaster@latest context list')
    }
    throw localFailure(`${file} is damaged.`, `Move it away, then: yardmaster login URL`)
  }
}

/** Checks the very file that is read, so that it cannot be exchanged in between. */
function readPrivate(path: string): string {
  const file = openSync(path, 'r')
  try {
    if (process.platform !== 'win32') refuseShared(path, fstatSync(file))
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

function refuseShared(path: string, { mode, uid }: { readonly mode: number; readonly uid: number }): void {
  const user = process.getuid?.()
  if (uid !== user && user !== 0) throw localFailure(`${path} belongs to another user, and its tokens are not used.`)
  if ((mode & 0o077) === 0) return
  const bits = (mode & 0o777).toString(8).padStart(4, '0')
  throw localFailure(
    `Other users may read or write ${path} (mode ${bits}), so its tokens are not used.`,
    `chmod 600 ${quoted(path)}`,
  )
}

const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)

/** @throws TypeError when a member is of another type. */
function checkedContexts({ current, contexts }: Contexts): Contexts {
  const isFine =
    (current === null || typeof current === 'string') &&
    contexts.every((context) => [context.name, context.url, context.token].every((text) => typeof text === 'string'))
  if (!isFine) throw new TypeError('a context has a member of another type')
  return { current, contexts }
}

/** Writes the contexts so that a reader finds the old or the new ones whole, and that only the owner may read. */
export function writeContexts(file: string, contexts: Contexts): void {
  const target = behindLinks(file)
  const draft = `${target}.${randomBytes(6).toString('hex')}`
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(draft, `${JSON.stringify(storeObject(FORM, contexts), null, 2)}\n`, {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    })
    // The mode above is reduced by the umask, which may even take the owner's bits.
    chmodSync(draft, 0o600)
    renameSync(draft, target)
  } catch (error) {
    rmSync(draft, { force: true })
    throw localFailure(`${file} cannot be written: ${(error as Error).message}.`)
  }
}

/** A link, as people keep their configuration files behind, stays one. */
function behindLinks(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}

/** Returns contexts with one added, or replaced when its name is known; it becomes the current one. */
export const withContext = ({ contexts }: Contexts, added: Context): Contexts => ({
  current: added.name,
  contexts: [...contexts.filter(({ name }) => name !== added.name), added],
})

/** Returns contexts without one. The current one is then none, unless it is another. */
export const withoutContext = ({ current, contexts }: Contexts, name: string): Contexts => ({
  current: current === name ? null : current,
  contexts: contexts.filter((context) => context.name !== name),
})
