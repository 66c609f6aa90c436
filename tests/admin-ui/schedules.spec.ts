import { expect, expectAccessibleLightAndDark, test } from '../support/dashboard.ts'
import { pushConfiguration } from '../support/git.ts'

// The browser reports a refused form.
test.use({ tolerated: /status of 400/ })

test('a schedule is created, run, switched off, changed and removed', async ({
  dashboard: page,
  open,
  project,
  admin,
}) => {
  await open(`/schedules?project=${project.id}`)
  await page.getByRole('button', { name: 'New schedule', exact: true }).click()
  const form = page.getByRole('dialog', { name: 'New schedule', exact: true })
  await form.getByLabel('Description', { exact: true }).fill('Nightly')
  await form.getByLabel('Times', { exact: true }).fill('* * * * *')
  await form.getByLabel('Time zone', { exact: true }).fill('Europe/Berlin')
  await form.getByRole('button', { name: 'Add a variable', exact: true }).click()
  await form.getByLabel('Key of variable 1', { exact: true }).fill('TOKEN')
  await form.getByLabel('Value of variable TOKEN', { exact: true }).fill('hidden-value')
  await form.getByLabel('Masked: variable TOKEN', { exact: true }).check()
  await form.getByRole('button', { name: 'Create schedule', exact: true }).click()
  await expect(form).toContainText('found 1 minute between two runs')
  await form.getByLabel('Times', { exact: true }).fill('0 4 * * *')
  await form.getByRole('button', { name: 'Create schedule', exact: true }).click()
  await expect(form).toBeHidden()

  const row = page.getByRole('row').filter({ hasText: 'Nightly' })
  await expect(row).toContainText('0 4 * * * Europe/Berlin')
  await expect(row).toContainText('never')
  await row.getByRole('button', { name: 'Run now: Nightly', exact: true }).click()
  await expect(row.getByRole('link', { name: /^Pending: #\d+$/ })).toBeVisible()

  const active = row.getByRole('switch', { name: 'Active: Nightly', exact: true })
  await active.click()
  await expect(active).not.toBeChecked()
  await row.getByRole('link', { name: 'Nightly', exact: true }).click()
  const edited = page.getByRole('dialog', { name: `Schedule of ${project.path}`, exact: true })
  await edited.getByLabel('Description', { exact: true }).fill('Weekly')
  await edited.getByLabel('Branch', { exact: true }).fill('topic')
  await edited.getByRole('button', { name: 'Save changes', exact: true }).click()
  await expect(edited).toBeHidden()

  const changed = page.getByRole('row').filter({ hasText: 'Weekly' })
  await expect(changed).toBeVisible()
  const { items } = await admin.query('schedules.list', { projectId: project.id })
  expect(items).toMatchObject([{ description: 'Weekly', ref: 'topic', active: false, timeZone: 'Europe/Berlin' }])
  expect(await admin.query('schedules.get', { id: items[0]?.id ?? 0 })).toMatchObject({
    variables: [{ key: 'TOKEN', value: null, masked: true }],
  })

  await changed.getByRole('button', { name: 'Remove: Weekly', exact: true }).click()
  await page.getByRole('button', { name: 'Remove the schedule', exact: true }).click()
  await expect(page.getByText('No schedules yet')).toBeVisible()
})

test('a schedule of what is in the repository is made once there is something to run', async ({
  dashboard: page,
  open,
  project,
  admin,
  gateway,
}) => {
  await open(`/schedules?project=${project.id}&new=true`)
  const form = page.getByRole('dialog', { name: 'New schedule', exact: true })
  await form.getByLabel('Description', { exact: true }).fill('What is there')
  await form.getByLabel('Source of the configuration', { exact: true }).selectOption('repository')
  await form.getByRole('button', { name: 'Create schedule', exact: true }).click()
  await expect(form).toContainText('the project has no repository that it could be read from')
  await expectAccessibleLightAndDark(page)
  await pushConfiguration(admin, gateway, project)
  await form.getByRole('button', { name: 'Create schedule', exact: true }).click()
  await expect(form).toBeHidden()
  const { items } = await admin.query('schedules.list', { projectId: project.id })
  const id = items[0]?.id ?? 0
  expect(await admin.query('schedules.get', { id })).toMatchObject({ readsRepository: true, content: null })
  await page.getByRole('link', { name: 'What is there', exact: true }).click()
  const edited = page.getByRole('dialog', { name: `Schedule of ${project.path}`, exact: true })
  await expect(edited.getByLabel('Source of the configuration', { exact: true })).toHaveValue('repository')
})

const CONTENT = `spec:
  inputs:
    count: { type: number }
    place: { options: [test, live], default: test, description: Where to }
---
include: [{ local: ci/more.yml }]
"to-$[[ inputs.place ]]-$[[ inputs.count ]]": { tags: [nobody-has-this], script: x }
`
const FILES = { 'ci/more.yml': 'more: { tags: [nobody-has-this], script: x }\n' }

test('a schedule keeps what is not changed, and its files, inputs, ref and commit can be', async ({
  dashboard: page,
  open,
  project,
  admin,
}) => {
  const variables = [
    { key: 'PRICE', value: '$5', masked: false, file: false, raw: true, public: true },
    { key: 'TOKEN', value: 'hidden-value', masked: true, file: true, raw: true, public: false },
  ]
  const sha = 'a'.repeat(40)
  const { id } = await admin.mutate('schedules.create', {
    ...{ projectId: project.id, description: 'Nightly', cron: '0 4 * * *', ref: 'v1', tag: true, sha, variables },
    ...{ content: CONTENT, files: FILES, inputs: { count: 5 } },
  })
  const before = await admin.query('schedules.get', { id })
  await open(`/schedules?project=${project.id}`)
  const main = page.getByRole('navigation', { name: 'Main', exact: true })
  await expect(main.getByRole('link', { name: 'Pipelines', exact: true })).toHaveAttribute('aria-current', 'page')
  const form = page.getByRole('dialog', { name: `Schedule of ${project.path}`, exact: true })
  const edit = async () => {
    await page.getByRole('link', { name: 'Nightly', exact: true }).click()
    await expect(form.getByLabel('count', { exact: true })).toHaveValue(/\d/)
  }
  const save = async () => {
    await form.getByRole('button', { name: 'Save changes', exact: true }).click()
    await expect(form).toBeHidden()
  }
  await edit()
  await save()
  expect(await admin.query('schedules.get', { id })).toEqual({ ...before, updatedAt: expect.any(String) })

  await edit()
  await form.getByLabel('Key of variable 1', { exact: true }).fill('COST')
  await form.getByRole('switch', { name: 'The ref is a tag', exact: true }).click()
  await form.getByLabel('Branch', { exact: true }).fill('topic')
  await form.getByLabel('Commit', { exact: true }).fill('')
  await form.getByLabel('count', { exact: true }).fill('7')
  await form.getByLabel('place', { exact: true }).selectOption('live')
  await form.getByRole('button', { name: 'ci/more.yml', exact: true }).click()
  await expect(form.getByRole('textbox', { name: 'Text of the file', exact: true })).toContainText('more:')
  await form.getByLabel('Path of the file', { exact: true }).fill('ci//more.yml')
  await form.getByRole('button', { name: 'Save changes', exact: true }).click()
  await expect(form).toContainText('A file has no path of its own')
  await form.getByLabel('Path of the file', { exact: true }).fill('ci/more.yml')
  await form.getByRole('button', { name: 'Add a file', exact: true }).click()
  await page.keyboard.insertText('notes.txt')
  await save()
  expect(await admin.query('schedules.get', { id })).toMatchObject({
    ...{ ref: 'topic', tag: false, sha: null, content: CONTENT, files: { ...FILES, 'notes.txt': '' } },
    ...{
      inputs: { count: 7, place: 'live' },
      variables: [
        { ...variables[0], key: 'COST' },
        { key: 'TOKEN', raw: true },
      ],
    },
  })
  await page.getByRole('button', { name: 'Run now: Nightly', exact: true }).click()
  await expect(page.getByRole('link', { name: /^Pending: #\d+$/ })).toBeVisible()
  const { items } = await admin.query('jobs.list', { projectId: project.id })
  expect(items.map(({ name }) => name).sort()).toEqual(['more', 'to-live-7'])
})

for (const viewport of [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
]) {
  test.describe(`${viewport.width} px wide`, () => {
    test.use({ viewport, colorScheme: 'light' })

    test('the form is accessible and fits', async ({ dashboard: page, open, project, admin }) => {
      const { id } = await admin.mutate('schedules.create', {
        ...{ projectId: project.id, description: 'Nightly', cron: '0 4 * * *', content: CONTENT, files: FILES },
        ...{ inputs: { count: 5 }, variables: [{ key: 'A', value: '1' }] },
      })
      await open(`/schedules?project=${project.id}&edit=${id}`)
      const form = page.getByRole('dialog')
      await form.getByRole('button', { name: 'ci/more.yml', exact: true }).click()
      await form.getByLabel('count', { exact: true }).fill('many')
      await expect(form).toContainText('Provided value is not a number.')
      await expectAccessibleLightAndDark(page)
      expect(await form.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0)
    })
  })
}
