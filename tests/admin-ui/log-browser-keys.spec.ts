import { expect, test } from '../support/dashboard.ts'
import { box, numbered, row, textOf } from '../support/log-box.ts'

test('find opens the search of a log that has the focus or fills the screen, then that of the browser', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  await takenJob.say(numbered(1, 300))
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 300)).toBeVisible()
  const field = page.getByRole('searchbox', { name: 'Search the log', exact: true })
  // Chromium without a window has no search of its own, so we look at who handled the key.
  await page.evaluate(() => {
    document.addEventListener('keydown', (event) => {
      if (event.key === 'f') document.documentElement.dataset.find = event.defaultPrevented ? 'ours' : 'browser'
    })
  })
  const find = page.locator('html')
  await page.keyboard.press('Control+f')
  await expect(find).toHaveAttribute('data-find', 'browser')
  await expect(field).not.toBeFocused()
  await box(page).focus()
  await page.keyboard.press('Control+f')
  await expect(find).toHaveAttribute('data-find', 'ours')
  await expect(field).toBeFocused()
  await page.keyboard.press('Control+f')
  await expect(find).toHaveAttribute('data-find', 'browser')
  await page.keyboard.press('Escape')
  await expect(box(page)).toBeFocused()
  await page.keyboard.press('f')
  await expect(page.getByRole('button', { name: 'Leave full screen', exact: true })).toBeVisible()
  await page.evaluate(() => (document.activeElement as HTMLElement).blur())
  await page.keyboard.press('Control+f')
  await expect(find).toHaveAttribute('data-find', 'ours')
  await expect(field).toBeFocused()
})

test('select all means the whole log, and copy copies it', async ({ dashboard: page, open, takenJob, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await takenJob.say(numbered(1, 3_000))
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 3_000)).toBeVisible()
  await box(page).focus()
  await page.keyboard.press('Control+a')
  await expect(page.getByRole('button', { name: 'Copy 3,000 lines', exact: true })).toBeVisible()
  await expect(row(page, 3_000)).toHaveClass(/log-marked/)
  await page.keyboard.press('Control+c')
  await expect(page.getByText('3,000 lines copied')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(numbered(1, 3_000))
})
