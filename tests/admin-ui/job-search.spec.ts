import { expect, expectAccessibleLightAndDark, test } from '../support/dashboard.ts'

test('the list of jobs says why they failed, and how many there are', async ({
  dashboard: page,
  open,
  project,
  createJob,
  runner,
}) => {
  await createJob({}, { name: 'breaks' })
  await createJob({}, { name: 'stays' })
  await (await runner.take()).finish('failed', { failureReason: 'script_failure', exitCode: 2 })
  await open(`/jobs?project=${project.id}`)
  await expect(page.getByRole('row', { name: /breaks/ })).toContainText('A command of the script failed')
  await expect(page.getByText('2 jobs match', { exact: true })).toBeVisible()

  const names = page.locator('[data-row]')
  await expect(names).toHaveText(['stays', 'breaks'])
  const created = page.getByRole('columnheader', { name: /Created/ })
  await expect(created).toHaveAttribute('aria-sort', 'descending')
  await created.getByRole('button').press('Enter')
  await expect(names).toHaveText(['breaks', 'stays'])
  await expect(created).toHaveAttribute('aria-sort', 'ascending')
  await expect(page).toHaveURL(/sort=oldest/)
})

test('one search understands texts, numbers, and what is wanted by key', async ({
  dashboard: page,
  open,
  project,
  createJob,
  runner,
}) => {
  const id = await createJob({ tags: ['machine'] }, { name: 'findable', ref: 'topic' })
  await createJob({}, { name: 'other' })
  const names = page.locator('[data-row]')
  await open(`/jobs?project=${project.id}`)
  const field = page.getByRole('combobox', { name: 'Search jobs', exact: true })
  const options = page.getByRole('listbox', { name: 'Suggestions', exact: true }).getByRole('option')

  await test.step('several at once, with Enter', async () => {
    await field.fill('tag:machine status:pend ref:topic find')
    await field.press('Enter')
    await expect(names).toHaveText(['findable'])
    await expect(field).toHaveValue('find')
    const { searchParams } = new URL(page.url())
    expect(Object.fromEntries(searchParams)).toEqual({
      ...{ project: String(project.id), tag: 'machine', status: 'pending', ref: 'topic', q: 'find' },
    })
    await expect(page.getByRole('combobox', { name: 'Ref', exact: true })).toHaveValue('topic')
    await page.getByRole('button', { name: 'Clear', exact: true }).click()
    await expect(field).toHaveValue('')
  })

  await test.step('by suggestions, with the keyboard', async () => {
    await field.fill('sta')
    await expect(options.filter({ hasText: 'status:' })).toBeVisible()
    await field.press('ArrowUp')
    await field.press('Enter')
    await expect(field).toHaveValue('status:')
    await field.pressSequentially('run')
    await expect(options).toHaveText([/status:running/])
    await expectAccessibleLightAndDark(page)
    await field.press('ArrowDown')
    await field.press('Enter')
    await expect(page).toHaveURL(/status=running/)
    await expect(field).toHaveValue('')
    await field.fill(`project:${project.path}`)
    await expect(options).toHaveText([new RegExp(project.path)])
    await options.first().click()
    await expect(page).toHaveURL(new RegExp(`project=${project.id}`))
  })

  await test.step('a runner by its number, and a name that no runner has', async () => {
    await field.fill(`runner:${runner.id}`)
    await field.press('Enter')
    await expect(page).toHaveURL(new RegExp(`runner=${runner.id}`))
    await field.fill('runner:no-such-machine')
    await field.press('Enter')
    await expect(page.getByText('No runner is called “no-such-machine”.')).toBeVisible()
    await expect(field).toHaveValue('runner:no-such-machine')
  })

  await test.step('a number opens the job', async () => {
    await field.fill(`#${id}`)
    await field.press('Enter')
    await expect(page.getByRole('heading', { name: 'findable', exact: true })).toBeVisible()
  })
})
