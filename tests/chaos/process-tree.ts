import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/**
 * Signals a process and then all its descendants. Skips processes that have exited.
 *
 * @param signal - 0 only finds the processes.
 * @returns their ids, starting with `pid`.
 */
export function signalTree(pid: number, signal: NodeJS.Signals | 0): readonly number[] {
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

/** Also false for a zombie: in many containers, the new parent of an orphan never reaps it. */
export const isRunning = (pid: number): boolean => signalOne(pid, 0) && statOf(pid)?.state !== 'Z'

/** @returns whether the process existed. */
function signalOne(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
    throw error
  }
}

/** Reads a process's state from the kernel. Returns null when the process is gone, or without `/proc`. */
function statOf(pid: number): { state: string; parent: number } | null {
  try {
    // The name in parentheses may contain anything; state and parent follow it.
    const [state = '', parent] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
    return { state, parent: Number(parent) }
  } catch {
    return null
  }
}

/** Returns the parent of each process. */
function parentsOfAll(): Map<number, number> {
  const parents = new Map<number, number>()
  if (existsSync('/proc/self/stat')) {
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      const stat = statOf(Number(name))
      if (stat) parents.set(Number(name), stat.parent)
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
