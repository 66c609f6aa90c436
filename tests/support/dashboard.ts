import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { test as base, expect } from './fixtures.ts'

export { expect }

interface DashboardFixtures {
  /** What the browser may complain of in this test; everything else fails it. */
  tolerated: RegExp | null
  /** Where the dashboard lives below the gateway's address. */
  prefix: string
  /** A page of somebody who is signed in. */
  dashboard: Page
  /** Opens a view and waits until its heading is there. */
  open: (path: string) => Promise<void>
}

export const test = base.extend<DashboardFixtures>({
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

  // After `register`, so that the page is left before the runners it shows are gone.
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

/** WCAG 2.2 A and AA, and what axe holds for good practice. */
export async function expectAccessible(page: Page): Promise<void> {
  await expectNoViolations(new AxeBuilder({ page }))
}

/** The same, for a page that is light now; of the dark one, the colours, which are all that differs. */
export async function expectAccessibleLightAndDark(page: Page): Promise<void> {
  await expectAccessible(page)
  // Pages paint their ground on one or the other.
  const ground = () =>
    page.evaluate(() =>
      [document.documentElement, document.body].map((element) => getComputedStyle(element).backgroundColor).join(),
    )
  const light = await ground()
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect.poll(ground).not.toBe(light)
  // Half way from one colour to the other a text may be hard to read.
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter((animation) => animation instanceof CSSTransition)
        .map(({ finished }) => finished),
    ),
  )
  await expectNoViolations(new AxeBuilder({ page }).withRules(['color-contrast', 'link-in-text-block']))
  await page.emulateMedia({ colorScheme: 'light' })
}

async function expectNoViolations(axe: AxeBuilder): Promise<void> {
  // Pages have no frames: what is found in them need not be put together in a page of its own, which takes as long again.
  const { violations } = await axe.setLegacyMode().analyze()
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
  )
  expect(found).toEqual([])
}
