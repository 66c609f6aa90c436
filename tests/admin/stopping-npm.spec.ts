import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { isRunning, signalTree } from '../chaos/process-tree.ts'
import { ROOT } from '../docs/command-blocks.ts'
import { freshDataDir } from '../support/data-dir.ts'
import { expect, test } from '../support/fixtures.ts'

// A process manager signals only npm, which signals its shell. A Ctrl+C reaches the whole group.
for (const [what, signal, reaches] of [
  ['npm gets SIGTERM', 'SIGTERM', 'npm'],
  ['Ctrl+C is pressed', 'SIGINT', 'group'],
] as const) {
  test(`npm start ends with all its processes when ${what}`, async ({ storageKind }) => {
    test.skip(storageKind !== 'embedded', 'does not depend on the storage')
    const directory = await freshDataDir({})
    const npm = spawn('npm', ['start'], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, DATA_DIR: directory.path, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
    let output = ''
    npm.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    const processes: number[] = []
    try {
      await expect.poll(() => output).toContain('Register a runner')
      processes.push(...signalTree(npm.pid ?? 0, 0))
      // npm, perhaps its shell, our script, and the gateway.
      expect(processes.length).toBeGreaterThanOrEqual(3)
      const ended = once(npm, 'exit')
      process.kill((reaches === 'group' ? -1 : 1) * (npm.pid ?? 0), signal)
      await ended
      await expect.poll(() => processes.filter(isRunning)).toEqual([])
    } finally {
      for (const pid of processes.filter(isRunning)) process.kill(pid, 'SIGKILL')
      npm.kill('SIGKILL')
      await directory.dispose()
    }
  })
}
