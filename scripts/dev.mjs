// `npm run dev [-- --seed]`: runs Vite's dev server, which serves the dashboard from its sources, and behind it the
// gateway, which restarts when one of its files changes. With `--seed` both serve a separate demo installation.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { noteInterruptions, run } from './child.mjs'
import { freePort } from './servers/program.mjs'

const DASHBOARD = fileURLToPath(new URL('../apps/admin-ui', import.meta.url))
const LINK = /Sign in, once:\s+(\S+)/

/** Empty variables count as absent: a demo installation is always embedded, whatever the environment configures. */
const EMBEDDED = { DATABASE_URL: '', REDIS_URL: '', S3_BUCKET: '', REGISTRATION_TOKEN: '', ENCRYPTION_KEY: '' }

const { values } = parseArgs({ options: { seed: { type: 'boolean', default: false } } })
noteInterruptions()
// As the gateway does.
if (existsSync('.env')) process.loadEnvFile('.env')
const dataDir = values.seed ? mkdtempSync(join(tmpdir(), 'yardmaster-seeded-')) : null
try {
  process.exitCode = await develop(dataDir)
} finally {
  if (dataDir) rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
}

/** @returns the exit code, once all processes have ended: the end of one ends the others. */
async function develop(seeded) {
  const host = process.env.HOST || '127.0.0.1'
  const port = Number(process.env.PORT ?? 8080) || (await freePort())
  const behind = await freePort()
  const env = {
    ...process.env,
    ...(seeded && { ...EMBEDDED, DATA_DIR: seeded, LOG_LEVEL: process.env.LOG_LEVEL || 'warn' }),
    HOST: '127.0.0.1',
    PORT: String(behind),
    EXTERNAL_URL: process.env.EXTERNAL_URL || `http://${host}:${port}`,
    YARDMASTER_URL: `http://127.0.0.1:${behind}`,
  }
  const over = new AbortController()
  const start = (command, args, options) =>
    run(command, args, { env, stop: over.signal, stdio: ['ignore', 'inherit', 'inherit'], ...options }).finally(() =>
      over.abort(),
    )

  let link = null
  // Until the demo installation is complete, the link would lead to an empty one.
  let isReady = !seeded
  const greet = (line) => {
    link = LINK.exec(line)?.[1] ?? link
    if (isReady) console.log(line)
  }
  const present = (line) => {
    isReady = true
    console.log(`${line}\n\n  Open ${link}\n`)
  }
  const vite = ['--host', host, '--port', String(port), '--strictPort', '--clearScreen', 'false', '--logLevel', 'warn']
  const codes = await Promise.all([
    start('vite', vite, { cwd: DASHBOARD }),
    start(process.execPath, ['--watch', '--watch-preserve-output', 'apps/gateway/src/main.ts'], { onLine: greet }),
    ...(seeded ? [start(process.execPath, ['tests/seed/main.ts'], { onLine: present })] : []),
  ])
  return Math.max(...codes)
}
