import type { Page } from '@playwright/test'
import type { Admin } from '../support/admin.ts'

export interface View {
  /** The beginning of the names of its pictures. */
  readonly name: string
  readonly path: (admin: Admin) => Promise<string> | string
  readonly isSignedIn?: boolean
  readonly prepare?: (page: Page) => Promise<void>
}

/** Returns the address of the newest attempt of a job. */
const job =
  (name: string, of: object = {}) =>
  async (admin: Admin) => {
    const { items } = await admin.query('jobs.list', { name, limit: 1, ...of })
    return `/jobs/${items[0]?.id}`
  }

const first = (kind: 'runners' | 'projects' | 'webhooks', text: string) => async (admin: Admin) => {
  const answer = await admin.query(`${kind}.list`)
  const items = Array.isArray(answer) ? answer : answer.items
  return `/${kind}/${items.find((item) => JSON.stringify(item).includes(text))?.id}`
}

const isShown = (text: string) => (page: Page) => page.getByText(text).first().waitFor()
const logIsShown = (page: Page) => page.getByRole('log').getByText(/\S/).first().waitFor()

export const VIEWS: readonly View[] = [
  { name: 'sign-in', path: () => '/sign-in', isSignedIn: false },
  { name: 'jobs', path: () => '/jobs' },
  { name: 'new-job', path: () => '/jobs?new=true' },
  { name: 'job', path: job('unit', { status: 'failed' }), prepare: logIsShown },
  { name: 'live', path: job('load'), prepare: logIsShown },
  { name: 'pending', path: job('pictures'), prepare: isShown('Tags missing') },
  {
    name: 'artifacts',
    path: job('compile'),
    async prepare(page) {
      await page.getByRole('button', { name: 'Browse', exact: true }).click()
      await page.getByRole('button', { name: 'dist/', exact: true }).click()
      await page.getByRole('link', { name: 'NOTES.txt', exact: true }).waitFor()
      // Below the bar that stays at the top of a phone.
      await page.getByRole('region', { name: 'Pipeline (4)', exact: true }).evaluate((panel) => {
        if (panel.getBoundingClientRect().top < 0 || window.innerWidth < 768) panel.scrollIntoView({ block: 'center' })
      })
    },
  },
  {
    name: 'pipeline',
    path: async (admin) =>
      `/jobs?pipeline=${(await admin.query('jobs.list', { name: 'approve' })).items[0]?.pipelineId}`,
  },
  { name: 'runners', path: () => '/runners' },
  { name: 'new-runner', path: () => '/runners?new=true' },
  { name: 'runner', path: first('runners', 'Frankfurt') },
  { name: 'projects', path: () => '/projects' },
  { name: 'project', path: first('projects', 'shop/web') },
  { name: 'webhooks', path: () => '/webhooks' },
  { name: 'webhook', path: first('webhooks', '"failed"]'), prepare: isShown('running → failed') },
  { name: 'audit', path: () => '/audit' },
  { name: 'usage', path: () => '/usage' },
  { name: 'settings', path: () => '/settings' },
]
