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

/** The pipeline that the seed makes of a configuration. */
const configured = async (admin: Admin) =>
  `/pipelines/${(await admin.query('pipelines.list', { search: 'Release 2.0' })).items[0]?.id}`

const LINTED = `stages: [build, test, deploy]

build: { stage: build, script: [make] }

.test: { stage: test, script: [make test], needs: [build] }
unit: { extends: .test, parallel: { matrix: [{ NODE: ['22', '24'] }] } }
docs:
  extends: .test
  rules:
    - changes: [docs/**/*]

deploy:
  stage: deploy
  script: [make deploy]
  environment: production
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
      when: manual
`

export const VIEWS: readonly View[] = [
  { name: 'sign-in', path: () => '/sign-in', isSignedIn: false },
  { name: 'pipelines', path: () => '/pipelines' },
  { name: 'pipeline', path: configured, prepare: isShown('roll out') },
  {
    name: 'lint',
    path: () => '/lint',
    async prepare(page) {
      await page.getByRole('textbox', { name: 'Configuration', exact: true }).fill(LINTED)
      await page.getByRole('status').filter({ hasText: 'Valid' }).waitFor()
    },
  },
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
    name: 'jobs-of-pipeline',
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
