import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { StorageKind } from '../support/storage.ts'

/** The processes that do the work of a contender, by what they are. */
export type Processes = Readonly<Record<string, Process>>

interface Process {
  readonly pid: number
  /** Whether the processes that it starts belong to it. */
  readonly withChildren?: boolean
}

/** Returns the servers behind a storage form, as far as they run on this machine and `/proc` shows them. */
export function serverProcesses(kind: StorageKind): Processes {
  if (kind === 'embedded') return {}
  const { TEST_DATABASE_URL, TEST_REDIS_URL, TEST_S3_ENDPOINT } = process.env
  const listeners = listeningProcesses()
  const listening = (url: string | undefined) => (url === undefined ? undefined : listeners.get(portOf(url)))
  const [database, redis, s3] = [TEST_DATABASE_URL, TEST_REDIS_URL, TEST_S3_ENDPOINT].map(listening)
  return {
    // PostgreSQL has a process for each connection.
    ...(database !== undefined && { database: { pid: database, withChildren: true } }),
    ...(redis !== undefined && { Redis: { pid: redis } }),
    ...(s3 !== undefined && { S3: { pid: s3 } }),
  }
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'postgres:': 5432, 'postgresql:': 5432, 'redis:': 6379 }

function portOf(url: string): number {
  const { port, protocol } = new URL(url)
  return Number(port) || (DEFAULT_PORTS[protocol] ?? Number.NaN)
}

/** Returns the process that listens on each port: the oldest one, if it shares the socket with its children. */
function listeningProcesses(): Map<number, number> {
  const found = new Map<number, number>()
  try {
    const ports = listeningSockets()
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    for (const pid of pids.map(Number).sort((a, b) => b - a)) {
      for (const inode of socketsOf(pid)) {
        const port = ports.get(inode)
        if (port !== undefined) found.set(port, pid)
      }
    }
  } catch {
    // No /proc on this platform.
  }
  return found
}

/** Returns ports by the inode of the socket that listens on them. */
function listeningSockets(): Map<string, number> {
  const LISTENING = '0A'
  const ports = new Map<string, number>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'latin1').split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
      if (state === LISTENING) ports.set(inode, Number.parseInt(local.slice(local.indexOf(':') + 1), 16))
    }
  }
  return ports
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1]
      return inode === undefined ? [] : [inode]
    })
  } catch {
    // It has ended, or belongs to another user.
    return []
  }
}
