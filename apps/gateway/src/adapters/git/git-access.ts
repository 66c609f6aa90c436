import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where a repository is, and what opens it. */
export interface RepositoryAccess {
  /** Without credentials; an http, https, ssh or file address, or `user@host:path`. */
  readonly address: string
  readonly username: string | null
  readonly password: string | null
  /** A private key, as `ssh-keygen` writes it. */
  readonly deployKey: string | null
}

/** What lets one run of git reach one address. */
export interface GitAccess {
  readonly settings: Readonly<Record<string, string>>
  readonly environment: Readonly<Record<string, string>>
  /** Removes the credentials from a text. */
  redact(text: string): string
}

/** Replaces a secret. */
const HIDDEN = '***'
/** The name of the one remote. It is in no file, so that an address is in none either. */
export const REMOTE = 'origin'

/** For runs that reach no other server. */
export const NO_ACCESS: GitAccess = { settings: {}, environment: {}, redact: redactor([]) }

/**
 * Makes the credentials of an address available to git while `work` runs: by its environment, which only this user can
 * read, and a deploy key by a file that only this user can read and that is removed afterwards.
 *
 * @param folder - for that file.
 * @param knownHosts - the file of the keys of ssh servers. A new server is trusted the first time, a changed one never.
 */
export async function withAccess<T>(
  { address, username, password, deployKey }: RepositoryAccess,
  { folder, knownHosts }: { readonly folder: string; readonly knownHosts: string },
  work: (access: GitAccess) => Promise<T>,
): Promise<T> {
  const login = `${username ?? ''}:${password ?? ''}`
  const basic = Buffer.from(login).toString('base64')
  const hasLogin = /^https?:/i.test(address) && (username !== null || password !== null)
  const redact = redactor([
    ...(deployKey ?? '').split('\n'),
    password,
    hasLogin ? basic : null,
    tokenIn(username, password),
  ])
  const keyFile = deployKey === null ? null : join(folder, `key-${randomUUID()}`)
  try {
    // A key without a newline at its end is refused by ssh.
    if (keyFile !== null) await writeFile(keyFile, `${deployKey?.trimEnd()}\n`, { mode: 0o600, flag: 'wx' })
    return await work({
      settings: {
        [`remote.${REMOTE}.url`]: address,
        ...(hasLogin && { [`http.${address}.extraHeader`]: `Authorization: Basic ${basic}` }),
      },
      environment: { GIT_SSH_COMMAND: sshCommand(knownHosts, keyFile), GIT_SSH_VARIANT: 'ssh' },
      redact,
    })
  } finally {
    if (keyFile !== null) await rm(keyFile, { force: true })
  }
}

/** A user name without a password is a token. */
const tokenIn = (username: string | null, password: string | null) => (password === null ? username : null)

function sshCommand(knownHosts: string, keyFile: string | null): string {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=accept-new',
    `UserKnownHostsFile=${knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    `IdentityFile=${keyFile ?? '/dev/null'}`,
    'PreferredAuthentications=publickey',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'ConnectTimeout=10',
    'ServerAliveInterval=15',
    'ServerAliveCountMax=4',
  ]
  return ['ssh', '-F', '/dev/null', ...options.flatMap((option) => ['-o', quoted(option)])].join(' ')
}

/** Git gives the command to a shell. Ssh takes quotes for spaces in a path of its own. */
const quoted = (text: string): string => `'${text.replace(/^(\w+=)(.* .*)$/, '$1"$2"').replaceAll("'", "'\\''")}'`

/** Returns a function that hides given texts, in all spellings of an address, and the user information of all addresses. */
function redactor(secrets: readonly (string | null)[]): (text: string) => string {
  const hidden = secrets
    .flatMap((secret) => (secret ? [secret, encodeURIComponent(secret)] : []))
    .filter((secret) => secret.length > 1)
    .sort((a, b) => b.length - a.length)
  return (text) =>
    hidden
      .reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text)
      .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/?#\s'"]*@/gi, `$1${HIDDEN}@`)
}
