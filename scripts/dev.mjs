// `npm run dev`: builds the dashboard whenever one of its files changes, and starts the gateway anew when one of its own
// does. The gateway serves what was built last, under the same policy as in production.
import { fileURLToPath } from 'node:url'
import { run } from './child.mjs'

const dashboard = fileURLToPath(new URL('../apps/admin-ui', import.meta.url))

const codes = await Promise.all([
  run('vite', ['build', '--watch', '--logLevel', 'warn'], { cwd: dashboard, stdio: ['ignore', 'inherit', 'inherit'] }),
  run(process.execPath, ['--watch', 'apps/gateway/src/main.ts', ...process.argv.slice(2)]),
])
process.exitCode = Math.max(...codes)
