import { expect, test } from '../support/dashboard.ts'
import { notNull } from '../support/not-null.ts'
import { pressInTurn } from '../support/press-in-turn.ts'

test('filters are in the address, and the address sets the filters', async ({
  dashboard: page,
  open,
  project,
  createJob,
  runner,
}) => {
  const failed = await createJob({}, { name: 'breaks' })
  const job = await runner.take()
  await job.finish('failed', { failureReason: 'script_failure', exitCode: 1 })
  // Other tests leave jobs behind; these have unique names.
  const waiting = `waits-${project.id}`
  const tag = `tag-${project.id}`
  await createJob({ tags: [tag] }, { name: waiting })

  await open(`/jobs?project=${project.id}`)
  await expect(page.getByRole('link', { name: 'breaks', exact: true })).toBeVisible()
  await expect(page.getByRole('link', { name: waiting, exact: true })).toBeVisible()
  await page.getByLabel('Status', { exact: true }).selectOption('failed')
  await expect(page).toHaveURL(/status=failed/)
  await expect(page.getByRole('link', { name: waiting, exact: true })).toBeHidden()
  await page.reload()
  await expect(page.getByLabel('Status', { exact: true })).toHaveValue('failed')
  await expect(page.getByRole('row', { name: /breaks/ })).toContainText(`#${failed}`)
  await expect(page.getByRole('link', { name: waiting, exact: true })).toBeHidden()

  await page.getByRole('button', { name: 'Clear', exact: true }).click()
  await page.getByRole('combobox', { name: 'Search jobs', exact: true }).fill(waiting)
  await expect(page).toHaveURL(new RegExp(`q=${waiting}`))
  await page.getByLabel('Tag', { exact: true }).fill(tag)
  await expect(page).toHaveURL(new RegExp(`tag=${tag}`))
  await expect(page.getByRole('row', { name: waiting })).toBeVisible()
  await page.getByLabel('Tag', { exact: true }).fill('other')
  await expect(page.getByRole('heading', { name: 'No jobs match these filters', exact: true })).toBeVisible()
})

test('a project or a runner among many is found by typing', async ({
  dashboard: page,
  open,
  project,
  createJob,
  runner,
  admin,
}) => {
  await createJob({}, { name: 'of-this-project' })
  await (await runner.take()).finish('success')
  await createJob({ tags: ['nobody'] }, { name: 'of-no-runner' })
  // Newer projects, more than a list shows at once.
  for (let index = 0; index < 21; index++) {
    await admin.mutate('projects.create', { path: `crowd-${project.id}/p${index}` })
  }
  await open('/jobs?pipeline=&project=x')
  await expect(page).toHaveURL(/\/jobs$/)
  const picker = page.getByRole('combobox', { name: 'Project', exact: true })
  await picker.click()
  await expect(page.getByRole('option', { name: `crowd-${project.id}/p20`, exact: true })).toBeVisible()
  await picker.fill(project.path.toUpperCase())
  await expect(page.getByRole('listbox').getByRole('option')).toHaveText([project.path])
  await picker.press('Enter')
  await expect(page).toHaveURL(new RegExp(`project=${project.id}`))
  await expect(page.getByRole('link', { name: 'of-no-runner', exact: true })).toBeVisible()

  await page.reload()
  await expect(picker).toHaveValue(project.path)
  await picker.fill('something else')
  await expect(page.getByText('No matches.')).toBeVisible()
  await picker.press('Escape')
  await expect(picker).toHaveValue(project.path)

  const description = notNull((await admin.query('runners.get', { id: runner.id })).description)
  const runners = page.getByRole('combobox', { name: 'Runner', exact: true })
  await runners.fill(description)
  await page.getByRole('option', { name: description, exact: true }).first().click()
  await expect(page).toHaveURL(/runner=\d+/)
  await picker.click()
  await page.getByRole('option', { name: 'All projects', exact: true }).click()
  await expect(page).not.toHaveURL(/project=/)

  await open('/jobs?new=true')
  const dialog = page.getByRole('dialog', { name: 'New job', exact: true })
  // A dialog that opens moves the focus to its first field, and a list that loses the focus closes.
  await expect(dialog.getByLabel('Name', { exact: true })).toBeFocused()
  await dialog.getByLabel('Project', { exact: true }).fill(project.path)
  await expect(dialog.getByRole('option')).toHaveText([project.path])
  await page.keyboard.press('Escape')
  await expect(dialog.getByRole('option')).toHaveCount(0)
  await expect(dialog).toBeVisible()
})

test('the list is updated live', async ({ dashboard: page, open, project, createJob, runner }) => {
  await open(`/jobs?project=${project.id}`)
  await createJob({}, { name: 'appears' })
  const row = page.getByRole('row', { name: /appears/ })
  await expect(row).toContainText('Pending')
  const job = await runner.take()
  await expect(row).toContainText('Running')
  await job.finish('success')
  await expect(row).toContainText('Success')
})

test('rows are reached and opened by keyboard', async ({ dashboard: page, open, project, createJob }) => {
  await createJob({}, { name: 'older' })
  await createJob({}, { name: 'newer' })
  await open(`/jobs?project=${project.id}`)
  await expect(page.getByRole('link', { name: 'older', exact: true })).toBeVisible()
  await page.keyboard.press('j')
  await expect(page.getByRole('link', { name: 'newer', exact: true })).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(page.getByRole('link', { name: 'older', exact: true })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'older', exact: true })).toBeFocused()
  await pressInTurn(page, ['g', 'r'], (options) =>
    expect(page.getByRole('heading', { level: 1, name: 'Runners', exact: true })).toBeVisible(options),
  )
  await page.keyboard.press('/')
  await expect(page.getByRole('searchbox')).toBeFocused()
  await page.keyboard.press('Escape')
  await page.getByRole('heading', { level: 1 }).click()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts', exact: true })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
})

test.describe('a form that is refused', () => {
  test.use({ tolerated: /status of 400/ })

  test('shows the error at the field', async ({ dashboard: page, open }) => {
    await open('/jobs?new=true')
    const form = page.getByRole('dialog', { name: 'New job', exact: true })
    const name = form.getByLabel('Name', { exact: true })
    await expect(name).toBeFocused()
    await form.getByRole('button', { name: 'Create job', exact: true }).click()
    await expect(name).toHaveAttribute('aria-invalid', 'true')
    await expect(name).toBeFocused()
    await name.fill('works')
    await form.getByRole('button', { name: 'Create job', exact: true }).click()
    const script = form.getByLabel('Script', { exact: true })
    await expect(script).toHaveAttribute('aria-invalid', 'true')
    await expect(script).toHaveAccessibleDescription(/nothing to do/)
    await script.fill('true')
    await form.getByText('More keywords').click()
    await form.getByLabel('Keywords as JSON', { exact: true }).fill('{"id_tokens": {}}')
    await form.getByRole('button', { name: 'Create job', exact: true }).click()
    await expect(form.getByRole('alert')).toContainText('id_tokens')
    await form.getByLabel('Keywords as JSON', { exact: true }).fill('{"timeout": "10m"}')
    await form.getByRole('button', { name: 'Create job', exact: true }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'works', exact: true })).toBeVisible()
    await expect(page.getByText('10 minutes')).toBeVisible()
  })
})

test('a job is canceled and retried', async ({ dashboard: page, open, createJob }) => {
  const id = await createJob({}, { name: 'unwanted' })
  await open(`/jobs/${id}`)
  await page.getByRole('button', { name: 'Cancel', exact: true }).click()
  await expect(page.getByTestId('status')).toHaveText('Canceled')
  await page.getByRole('button', { name: 'Retry', exact: true }).click()
  await expect(page.getByTestId('status')).toHaveText('Pending')
  await expect(page.getByText('Retry of')).toBeVisible()
})

test('a job is played, canceled gracefully, canceled by force, and erased', async ({
  dashboard: page,
  open,
  createJob,
  runner,
}) => {
  const id = await createJob({ when: 'manual' }, { name: 'by-hand' })
  await open(`/jobs/${id}`)
  await page.getByRole('button', { name: 'Play', exact: true }).click()
  await expect(page.getByText('Job queued')).toBeVisible()
  const job = await runner.take()
  expect(job.id).toBe(id)
  await job.say('something to erase\n')
  await expect(page.getByText('something to erase')).toBeVisible()

  await page.getByRole('button', { name: 'Cancel', exact: true }).click()
  await expect(page.getByRole('main')).toContainText('Canceling')
  expect((await job.keepAlive()).headers.get('Job-Status')).toBe('canceling')
  await page.getByRole('button', { name: 'Force cancel', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Retry', exact: true })).toBeVisible()
  expect((await job.keepAlive()).status).toBe(403)

  await page.getByRole('button', { name: 'More actions', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Erase log and artifacts', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Erase them', exact: true }).click()
  await expect(page.getByText('Log and artifacts erased')).toBeVisible()
  await expect(page.getByText('something to erase')).toHaveCount(0)
  await page.reload()
  await expect(page.getByText('The log was erased.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'More actions', exact: true })).toHaveCount(0)
})
