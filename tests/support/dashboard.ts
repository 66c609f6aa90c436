import AxeBuilder from '@axe-core/playwright'
import type { BrowserContext, Page } from '@playwright/test'
import { test as base, expect } from './fixtures.ts'

export { expect }

/** A browser context that tests use one after another. */
interface KeptContext {
  readonly context: BrowserContext
  /** Closes the pages of a test, and removes what they left behind, but for cached files. */
  forget(): Promise<void>
}

interface DashboardWorkerFixtures {
  keptContext: KeptContext
}

interface DashboardFixtures {
  /** Console messages that this test tolerates; any other one fails it. */
  tolerated: RegExp | null
  /** The dashboard's path prefix below the gateway's address. */
  prefix: string
  /** A page that is signed in. */
  dashboard: Page
  /** Opens a view and waits for its heading. */
  open: (path: string) => Promise<void>
}

const VIEWPORT = { width: 1440, height: 900 }

export const test = base.extend<DashboardFixtures, DashboardWorkerFixtures>({
  keptContext: [
    async ({ browser, gateway }, use) => {
      const context = await browser.newContext({ baseURL: gateway.url, viewport: VIEWPORT, colorScheme: 'light' })
      // While a page is open, others of its site get its process, which has compiled the dashboard after the first test.
      const first = await context.newPage()
      await first.goto('/healthz')
      const devTools = await context.newCDPSession(first)
      await use({
        context,
        async forget() {
          await Promise.all(context.pages().map((page) => page !== first && page.close()))
          await devTools.send('Storage.clearDataForOrigin', { origin: gateway.url, storageTypes: 'local_storage' })
          await context.clearCookies()
          await context.clearPermissions()
        },
      })
      await context.close()
    },
    { scope: 'worker' },
  ],

  context: async ({ browser, keptContext, viewport, colorScheme, extraHTTPHeaders }, use) => {
    const isUsual =
      viewport?.width === VIEWPORT.width &&
      viewport.height === VIEWPORT.height &&
      colorScheme !== 'dark' &&
      extraHTTPHeaders === undefined
    if (isUsual) {
      await use(keptContext.context)
      await keptContext.forget()
    } else {
      const context = await browser.newContext()
      await use(context)
      await context.close()
    }
  },

  tolerated: [null, { option: true }],
  prefix: ['', { option: true }],

  baseURL: async ({ gateway }, use) => use(gateway.url),

  page: async ({ page, tolerated }, use) => {
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        console.error(`content security policy: ${violatedDirective} ${blockedURI}`),
      )
    })
    await use(page)
    expect(complaints.filter((complaint) => !tolerated?.test(complaint))).toEqual([])
  },

  // After `register`, so that the page is closed before the runners that it shows are removed.
  dashboard: async ({ page, gateway, prefix, register: _ }, use) => {
    const reply = await page.request.post(`${prefix}/sign-in`, {
      form: { token: gateway.adminToken },
      headers: { Accept: 'application/json' },
    })
    expect(reply.status()).toBe(204)
    await use(page)
    await page.goto('about:blank')
  },

  open: async ({ dashboard, prefix }, use) => {
    await use(async (path) => {
      await dashboard.goto(`${prefix}${path}`)
      await expect(dashboard.getByRole('heading', { level: 1 })).toBeVisible()
    })
  },
})

type Violations = Awaited<ReturnType<AxeBuilder['analyze']>>['violations']

/** Axe describes every element that passes a rule, too, unless it is told not to: most of its work, and megabytes. */
const FAULTS_ONLY: Parameters<AxeBuilder['options']>[0] = { resultTypes: ['violations'] }

/** Checks WCAG 2.2 A and AA, and axe's best practices. */
export async function expectAccessible(page: Page): Promise<void> {
  // Pages have no frames, so we skip the merging of results in a page of its own, which would double the time.
  const axe = new AxeBuilder({ page }).options(FAULTS_ONLY).setLegacyMode()
  expectNone((await axe.analyze()).violations)
}

/** Checks a light page, then the colours of its dark form, which are the only difference. */
export async function expectAccessibleLightAndDark(page: Page): Promise<void> {
  await expectAccessible(page)
  // A page sets its background on one or the other.
  const ground = () =>
    page.evaluate(() =>
      [document.documentElement, document.body].map((element) => getComputedStyle(element).backgroundColor).join(),
    )
  const light = await ground()
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect.poll(ground).not.toBe(light)
  // Text may be hard to read while colours fade from one theme to the other.
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter((animation) => animation instanceof CSSTransition)
        .map(({ finished }) => finished),
    ),
  )
  expectNone(await violationsOf(page, ['color-contrast', 'link-in-text-block']))
  await page.emulateMedia({ colorScheme: 'light' })
}

/** Checks some rules with what `AxeBuilder` has left in the page, which it would send and compile again. */
async function violationsOf(page: Page, rules: string[]): Promise<Violations> {
  return await page.evaluate(
    async (options) => {
      const { axe } = window as unknown as { axe: { run(options: object): Promise<{ violations: Violations }> } }
      return (await axe.run(options)).violations
    },
    { runOnly: rules, ...FAULTS_ONLY },
  )
}

function expectNone(violations: Violations): void {
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  )
  expect(found).toEqual([])
}
