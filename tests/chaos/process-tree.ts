import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Signals a process and then all that it started. Those that are gone already are passed over. */
export function signalTree(pid: number, signal: NodeJS.Signals): readonly number[] {
  const parents = parentsOfAll()
  signalOne(pid, signal)
  const tree = [pid]
  for (const parent of tree) {
    for (const [child, of] of parents) {
      if (of !== parent || tree.includes(child)) continue
      signalOne(child, signal)
      tree.push(child)
    }
  }
  return tree
}

export const isRunning = (pid: number): boolean => signalOne(pid, 0)

/** @returns whether there was such a process. */
function signalOne(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** Each process with the one that started it. */
function parentsOfAll(): Map<number, number> {
  const parents = new Map<number, number>()
  if (existsSync('/proc/self/stat')) {
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      try {
        // The name in parentheses may hold anything; state and parent follow it.
        const [, parent] = readFileSync(`/proc/${name}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
        parents.set(Number(name), Number(parent))
      } catch {
        // It ended in this moment.
      }
    }
    return parents
  }
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  for (const line of (stdout ?? '').trim().split('\n')) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number)
    if (pid !== undefined && parent !== undefined) parents.set(pid, parent)
  }
  return parents
}
