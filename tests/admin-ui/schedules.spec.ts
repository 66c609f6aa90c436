import { expect, test } from '../support/dashboard.ts'

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
