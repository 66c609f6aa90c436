import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { glob, readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { isRunning, signalTree } from '../chaos/process-tree.ts'
import { templateVariable } from '../support/data-dir.ts'
import { expect, test } from '../support/fixtures.ts'
import { temporaryDirectory } from '../support/gateway.ts'

// Commands of the repository that start gateways and run for a long time.
const FUZZ = ['fuzz/main.ts', '--requests', '100000000']
const CHAOS = ['chaos/main.ts', '--storage', 'embedded', '--minutes', '60']

for (const [signal, command] of [
  ['SIGINT', FUZZ],
  ['SIGHUP', FUZZ],
  ['SIGTERM', CHAOS],
] as const) {
  const [program = '', ...args] = command
  test(`${program} leaves no process and no file behind when ${signal} ends it`, async ({ storageKind }) => {
    test.skip(storageKind !== 'embedded', 'the program opens a storage of its own')
    const directory = await temporaryDirectory()
    const child = spawn(process.execPath, [resolve(import.meta.dirname, '..', program), ...args], {
      env: { PATH: process.env.PATH, TMPDIR: directory.path, ...templateVariable() },
      stdio: 'ignore',
    })
    const ended = once(child, 'exit')
    try {
      // A gateway notes its address once it serves. A gateway killed by a fault is restarted.
      await expect.poll(() => hasFile('address', directory.path), { timeout: 300_000 }).toBe(true)
      const tree = () => signalTree(child.pid ?? 0, 0)
      await expect.poll(() => tree().length).toBeGreaterThan(1)
      const processes = tree()
      child.kill(signal)
      expect(await ended).toEqual([130, null])
      expect(await readdir(directory.path)).toEqual([])
      await expect.poll(() => processes.filter(isRunning)).toEqual([])
    } finally {
      child.kill('SIGKILL')
      await directory.dispose()
    }
  })
}

async function hasFile(name: string, path: string): Promise<boolean> {
  for await (const _ of glob(`**/${name}`, { cwd: path })) return true
  return false
}
