import { expect, expectAccessibleLightAndDark, test } from '../support/dashboard.ts'

const deploy = (gate = '') => `${gate}
deploy: { stage: deploy, script: [x], resource_group: production/eu }`

const GATE = 'gate: { stage: build, script: [x], when: manual, allow_failure: false }'

test('a project shows its resource groups, and sets their order', async ({ dashboard: page, open, project, admin }) => {
  const first = await admin.mutate('pipelines.create', { projectId: project.id, content: deploy() })
  const holder = first.jobs[0]?.id ?? 0
  await admin.mutate('pipelines.create', { projectId: project.id, content: deploy(GATE) })
  const last = await admin.mutate('pipelines.create', { projectId: project.id, content: deploy() })
  const waiting = last.jobs[0]?.id ?? 0
  await open(`/projects/${project.id}`)
  const row = page
    .getByRole('region', { name: 'Resource groups', exact: true })
    .getByRole('listitem', { name: 'production/eu' })
  await expect(row).toContainText('1 waiting')
  await expect(row.getByRole('link', { name: `job #${holder}`, exact: true })).toBeVisible()
  const order = row.getByLabel('Order of production/eu', { exact: true })
  await expect(order).toHaveValue('unordered')
  await expectAccessibleLightAndDark(page)

  await order.selectOption('Oldest pipeline first')
  await expect(order).toBeEnabled()
  await expect(order).toHaveValue('oldest_first')
  const listed = async () => (await admin.query('resourceGroups.list', { projectId: project.id })).items
  await expect.poll(listed).toMatchObject([{ mode: 'oldest_first', heldBy: holder, waiting: 1 }])

  await admin.mutate('jobs.cancel', { id: holder })
  await expect(row).toContainText('Free')
  await open(`/jobs/${waiting}`)
  const why = page.getByRole('region', { name: 'What it is waiting for', exact: true })
  await expect(why).toContainText('the oldest comes first in production/eu, and it is not ready yet')

  await open(`/projects/${project.id}`)
  await order.selectOption('Newest ready first')
  await expect(row.getByRole('link', { name: `job #${waiting}`, exact: true })).toBeVisible()
})
