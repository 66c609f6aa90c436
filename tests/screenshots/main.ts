// Takes the pictures in docs/screenshots, of the demo installation: every view on a screen and on a phone, light and
// dark. It needs PostgreSQL, in which it makes the installation look as if it had worked for an hour:
// `npm run with-servers -- node tests/screenshots/main.ts`, with the names of views to take only those.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { type Browser, type BrowserContext, chromium } from '@playwright/test'
import { Client } from 'pg'
import { Admin } from '../support/admin.ts'
import { Gateway, temporaryDirectory } from '../support/gateway.ts'
import { installedBrowser } from '../support/installed-browser.ts'
import { openStorage } from '../support/storage.ts'
import { AGE_JOBS, AGE_OTHERS, AGE_PIPELINES } from './age.ts'
import { VIEWS, type View } from './views.ts'

type StorageState = Awaited<ReturnType<BrowserContext['storageState']>>

const ROOT = resolve(import.meta.dirname, '../..')
const SIZES = {
  '': { width: 1440, height: 900 },
  '-phone': { width: 390, height: 844 },
}

const storage = await openStorage('production')
const directory = await temporaryDirectory()
const gateway = await Gateway.start(directory.path, storage.env)
const seeding = await seed(gateway)
try {
  await age(storage.env.DATABASE_URL ?? '')
  const admin = new Admin(gateway.url, { token: gateway.adminToken })
  const executablePath = installedBrowser()
  const browser = await chromium.launch({
    ...(executablePath && { executablePath }),
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
  const signedIn = await signIn(browser)
  const names = process.argv.slice(2)
  const wanted = names.length === 0 ? VIEWS : VIEWS.filter(({ name }) => names.includes(name))
  for (const view of wanted) await take(browser, view, await view.path(admin), signedIn)
  await browser.close()
} finally {
  seeding.kill('SIGTERM')
  await once(seeding, 'exit')
  await gateway.stop()
  await storage.dispose()
  await directory.dispose()
}

/** Fills the installation. The process keeps its runners alive. */
async function seed({ url, adminToken }: Gateway): Promise<ChildProcess> {
  const child = spawn(process.execPath, [resolve(ROOT, 'tests/seed/main.ts')], {
    env: { ...process.env, YARDMASTER_URL: url, ADMIN_TOKEN: adminToken },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const text of child.stdout.setEncoding('utf8')) if (String(text).includes('Seeded')) break
  return child
}

async function age(connectionString: string): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  for (const statement of [AGE_JOBS, AGE_PIPELINES, ...AGE_OTHERS]) await client.query(statement)
  await client.end()
}

/** @param signedIn - the cookies of a session. */
async function take(
  browser: Browser,
  { name, isSignedIn = true, prepare }: View,
  path: string,
  signedIn: StorageState,
): Promise<void> {
  for (const [suffix, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({
        ...{ viewport, colorScheme, baseURL: gateway.url, reducedMotion: 'reduce' },
        ...(isSignedIn && { storageState: signedIn }),
      })
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null)
      await prepare?.(page)
      await page.screenshot({ path: resolve(ROOT, `docs/screenshots/${name}${suffix}-${colorScheme}.png`) })
      await page.close()
    }
  }
}

/** Signs in once, because each session has a line in the audit. */
async function signIn(browser: Browser): Promise<StorageState> {
  const context = await browser.newContext({ baseURL: gateway.url })
  const headers = { Accept: 'application/json' }
  await context.request.post('/sign-in', { form: { token: gateway.adminToken }, headers })
  const state = await context.storageState()
  await context.close()
  return state
}
