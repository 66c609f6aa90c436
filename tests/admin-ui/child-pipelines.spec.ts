import { expect, expectAccessibleLightAndDark, test } from '../support/dashboard.ts'

const PARENT = `
stages: [build, children]
workflow: { name: Whole product }
compile: { stage: build, script: [make] }
tests of all parts:
  stage: children
  trigger: { include: [{ local: ci/tests.yml }], strategy: depend }
documentation:
  stage: children
  allow_failure: true
  trigger: { include: [{ local: ci/nowhere.yml }] }
`
const FILES = {
  'ci/tests.yml':
    'workflow: { name: Tests }\nunit: { script: [make test], allow_failure: true }\nbrowser: { stage: deploy, script: [make e2e] }',
}

test('a trigger job leads to its child pipeline, whose status it follows, and that one back', async ({
  dashboard: page,
  open,
  project,
  admin,
  runner,
}) => {
  const { id } = await admin.mutate('pipelines.create', { projectId: project.id, content: PARENT, files: FILES })
  await open(`/pipelines/${id}`)
  const graph = page.getByTestId('graph')
  const chip = (name: string, status: string) => graph.getByRole('link', { name: `${name}, ${status}`, exact: true })
  await expect(chip('tests of all parts', 'Created')).toBeVisible()
  await (await runner.take()).finish('success')
  await expect(chip('tests of all parts', 'Running')).toBeVisible()
  await expect(chip('documentation', 'Failed, allowed')).toBeVisible()
  const child = graph.getByRole('link', { name: /^Child pipeline \d+ of tests of all parts, / })
  await expect(child).toHaveAccessibleName(/pending$/)
  const unit = await runner.take()
  await expect(child).toHaveAccessibleName(/running$/)
  await expectAccessibleLightAndDark(page)

  await child.click()
  await expect(page.getByRole('heading', { level: 1, name: 'Tests', exact: true })).toBeVisible()
  await unit.finish('failed')
  await (await runner.take()).finish('success')
  await expect(page.getByTestId('status')).toHaveText('Passed with warnings')
  await page
    .getByRole('region', { name: 'About', exact: true })
    .getByRole('link', { name: `Pipeline #${id}` })
    .click()
  await expect(page.getByTestId('status')).toHaveText('Passed with warnings')

  await expect(child).toHaveAccessibleName(/passed with warnings$/)
  await chip('tests of all parts', 'Success').click()
  const panel = page.getByRole('region', { name: 'Child pipeline', exact: true })
  await expect(panel).toContainText('The job is over when its child pipeline is.')
  await expect(panel.getByRole('link', { name: 'Tests', exact: true })).toBeVisible()
  await expect(page.getByRole('region', { name: /^Log/ })).toBeHidden()
  await expectAccessibleLightAndDark(page)

  await open(`/pipelines/${id}`)
  await chip('documentation', 'Failed, allowed').click()
  await expect(page.getByText('The child pipeline could not be created')).toBeVisible()
  await expect(page.getByText('Local file `ci/nowhere.yml` does not exist!')).toBeVisible()

  await open(`/pipelines?project=${project.id}`)
  await expect(page.getByRole('row', { name: /Whole product/ })).toBeVisible()
  await expect(page.getByRole('row', { name: /Tests/ })).toBeHidden()
})
