import { expect, expectAccessible, test } from '../support/dashboard.ts'
import { box, end, follow, numbered, row, shownRows, start, textOf, toTop } from '../support/log-box.ts'
import { pressInTurn } from '../support/press-in-turn.ts'

test('a log is followed while the view is at its end, but no longer after scrolling up', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  await open(`/jobs/${takenJob.id}`)
  await takenJob.say(numbered(1, 3_000))
  await expect(textOf(page, 3_000)).toBeInViewport()
  await takenJob.say(numbered(3_001, 3_100))
  await expect(textOf(page, 3_100)).toBeInViewport()
  await expect(follow(page)).toBeHidden()

  await box(page).hover()
  await page.mouse.wheel(0, -400)
  await expect(follow(page)).toBeVisible()
  const before = await shownRows(page)
  await takenJob.say(numbered(3_101, 3_105))
  await expect(follow(page)).toContainText('5 new')
  expect(await shownRows(page)).toEqual(before)

  await follow(page).click()
  await expect(textOf(page, 3_105)).toBeInViewport()
  await takenJob.say('the very last\n')
  await expect(textOf(page, 3_106)).toHaveText('the very last')
  await expect(textOf(page, 3_106)).toBeInViewport()
  await takenJob.finish('success')
  await expect(page.getByText('The job has ended: Success')).toBeAttached()
})

test('a burst of 100,000 lines arrives whole', async ({ dashboard: page, open, takenJob }) => {
  await open(`/jobs/${takenJob.id}`)
  await takenJob.say(numbered(1, 100_000))
  await expect(textOf(page, 100_000)).toHaveText('n 100000')
  await pressInTurn(page, ['g', 'g'], (options) => expect(textOf(page, 1)).toHaveText('n 1', options))
  await page.goto(`/jobs/${takenJob.id}#L54321`)
  await expect(textOf(page, 54_321)).toHaveText('n 54321')
  await expect(textOf(page, 54_321)).toBeInViewport()
})

test('sections are folded and unfolded, and show their durations', async ({ dashboard: page, open, takenJob }) => {
  await takenJob.say(
    [
      `${start('outer', 100)}The outer one`,
      'in the outer one',
      `${start('inner', 110, '[collapsed=true]')}The inner one`,
      'in the inner one',
      end('inner', 125),
      `${end('outer', 3_825)}after both`,
      '',
    ].join('\n'),
  )
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  const outer = page.getByRole('button', { name: 'Section The outer one', exact: true })
  const inner = page.getByRole('button', { name: 'Section The inner one', exact: true })
  await expect(inner).toHaveAttribute('aria-expanded', 'false')
  await expect(page.getByText('in the inner one')).toBeHidden()
  await expect(row(page, 1)).toContainText('01:02:05')
  await expect(row(page, 3)).toContainText('00:15')
  await inner.click()
  await expect(page.getByText('in the inner one')).toBeVisible()
  await outer.focus()
  await page.keyboard.press('Enter')
  await expect(page.getByText('in the outer one')).toBeHidden()
  await expect(inner).toBeHidden()
  await expect(page.getByText('after both')).toBeVisible()
  await page.getByRole('button', { name: 'Fold all sections', exact: true }).click()
  await page.keyboard.press('Shift+Z')
  await expect(page.getByText('in the inner one')).toBeVisible()
  await page.goto(`/jobs/${takenJob.id}#L4`)
  await expect(page.getByText('in the inner one')).toBeVisible()
})

test('times are a separate column: none, since the start, or time of day', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  const stamp = '2024-05-14T11:43:19.000000Z'
  await takenJob.say(`${stamp} 01O first \n${stamp} 01O+and on\n2024-05-14T11:44:24.500000Z 01O second\n`)
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 1)).toHaveText('first and on')
  await expect(textOf(page, 2)).toHaveText('second')
  const time = row(page, 2).locator('.log-time')
  await expect(time).toHaveText('1:05.5')
  await page.keyboard.press('t')
  await expect(time).toHaveText(/^\d\d:\d\d:\d\d$/)
  await page.getByRole('button', { name: 'More log actions', exact: true }).click()
  await page.getByRole('menuitemradio', { name: 'No times', exact: true }).click()
  await expect(time).toBeHidden()
  await page.reload()
  await expect(textOf(page, 1)).toBeVisible()
  await expect(time).toBeHidden()
})

test('lines have links, which stay valid while the job runs', async ({ dashboard: page, open, takenJob, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await takenJob.say(numbered(1, 1_000).replace('n 501\n', '\u001b[31mn 501\u001b[0m\n'))
  await open(`/jobs/${takenJob.id}#L500`)
  await expect(row(page, 500)).toHaveClass(/log-marked/)
  await expect(row(page, 500)).toBeInViewport()
  await page.getByRole('link', { name: 'Line 501', exact: true }).click()
  await expect(page).toHaveURL(/#L501$/)
  await page.getByRole('link', { name: 'Line 504', exact: true }).click({ modifiers: ['Shift'] })
  await expect(page).toHaveURL(/#L501-L504$/)
  await page.getByRole('button', { name: 'Copy 4 lines', exact: true }).click()
  await expect(page.getByText('4 lines copied')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('n 501\nn 502\nn 503\nn 504\n')

  await takenJob.say(numbered(1_001, 1_500))
  await page.reload()
  await expect(row(page, 501)).toBeInViewport()
  await expect(row(page, 504)).toHaveClass(/log-marked/)
  await expect(row(page, 505)).not.toHaveClass(/log-marked/)
  await page.keyboard.press('Escape')
  await expect(page).not.toHaveURL(/#L/)
})

test('keys work in a log, but not in text fields', async ({ dashboard: page, open, takenJob }) => {
  await takenJob.say(`${numbered(1, 300)}\u001b[31mwrong\u001b[0m\n${numbered(302, 600)}\u001b[31mworse\u001b[0m\n`)
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 601)).toBeInViewport()
  await toTop(page)
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await expect(row(page, 2)).toHaveClass(/log-cursor/)
  await page.keyboard.press('l')
  await expect(page).toHaveURL(/#L2$/)
  await page.keyboard.press('e')
  await expect(textOf(page, 301)).toBeInViewport()
  await page.keyboard.press('e')
  await expect(textOf(page, 601)).toBeInViewport()
  await page.keyboard.press('Shift+E')
  await expect(textOf(page, 301)).toBeInViewport()
  await page.keyboard.press('Shift+G')
  await expect(textOf(page, 601)).toBeInViewport()
  await page.keyboard.press('f')
  await expect(page.getByRole('button', { name: 'Leave full screen', exact: true })).toBeVisible()
  await page.keyboard.press('w')
  await expect(page.getByRole('button', { name: 'Wrap long lines', exact: true })).toHaveAttribute(
    'aria-pressed',
    'false',
  )
  await page.keyboard.press('w')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: 'Full screen', exact: true })).toBeVisible()
  await page.getByRole('searchbox', { name: 'Search the log', exact: true }).fill('')
  await page.keyboard.type('few')
  await expect(page.getByRole('searchbox', { name: 'Search the log', exact: true })).toHaveValue('few')
  await expect(page.getByRole('button', { name: 'Full screen', exact: true })).toBeVisible()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await expect(box(page)).toBeFocused()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts', exact: true })).toContainText('In a log')
})

test('in full screen the focus stays within the visible part', async ({ dashboard: page, open, takenJob }) => {
  await takenJob.say('one\ntwo\n')
  await open(`/jobs/${takenJob.id}`)
  await page.getByRole('button', { name: 'Full screen', exact: true }).click()
  const panel = page.getByRole('region', { name: 'Log', exact: true })
  for (let step = 0; step < 20; step++) {
    await page.keyboard.press('Tab')
    await expect(panel.locator(':focus').or(page.locator('body:focus'))).toBeAttached()
  }
  await box(page).focus()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts', exact: true })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: 'Leave full screen', exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'More log actions', exact: true }).click()
  await expect(page.getByRole('menuitem', { name: 'First line', exact: true })).toBeVisible()
})

test('text is data: markup stays text, addresses become links, a long line is clipped', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  await takenJob.say(
    `<img src=x onerror=alert(1)>\nsee https://example.com/a?b=c.\n${'y'.repeat(1_048_576)}\n10 %\r90 %\rdone\n`,
  )
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}#L1`)
  await expect(textOf(page, 1)).toHaveText('<img src=x onerror=alert(1)>')
  await expect(box(page).locator('img')).toHaveCount(0)
  const link = page.getByRole('link', { name: 'https://example.com/a?b=c', exact: true })
  await expect(link).toHaveAttribute('href', 'https://example.com/a?b=c')
  await expect(link).toHaveAttribute('rel', 'noopener noreferrer')
  await page.getByRole('button', { name: 'Show more of 1,048,576 characters', exact: true }).click()
  await expect(page.getByRole('button', { name: 'Show all of 1,048,576 characters', exact: true })).toBeAttached()
  const before = await shownRows(page)
  await box(page).hover()
  await page.mouse.wheel(0, 500)
  await expect.poll(async () => (await shownRows(page))[0]?.line).toBe(3)
  expect(before[0]?.line).toBe(1)
  await page.keyboard.press('Shift+G')
  await expect(textOf(page, 4)).toHaveText('done')
  await expect(textOf(page, 4)).toBeInViewport()
})

const RAW = '\u001b[32mraw\u001b[0m\n'

test('the raw log is shown and downloaded', async ({ dashboard: page, open, takenJob }) => {
  await takenJob.say(RAW)
  await open(`/jobs/${takenJob.id}`)
  const panel = page.getByRole('region', { name: 'Log', exact: true })
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    panel.getByRole('link', { name: 'Download', exact: true }).click(),
  ])
  expect(download.suggestedFilename()).toBe(`job-${takenJob.id}.log`)
  await page.getByRole('button', { name: 'More log actions', exact: true }).click()
  const [raw] = await Promise.all([
    page.waitForEvent('popup'),
    page.getByRole('menuitem', { name: 'Raw', exact: true }).click(),
  ])
  await expect(raw.locator('body')).toContainText('[32mraw')
})

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('every colour is readable', async ({ dashboard: page, open, takenJob }) => {
      const sixteen = (base: number, bright: number) =>
        Array.from(
          { length: 16 },
          (_, index) => `\u001b[${index < 8 ? base + index : bright + index - 8}mc${index}\u001b[0m`,
        )
      const many = Array.from({ length: 256 }, (_, index) => `\u001b[38;5;${index}mc${index}\u001b[0m`)
      await takenJob.say(
        [
          `${start('colours', 1)}\u001b[36;1mColours\u001b[0m`,
          sixteen(30, 90).join(' '),
          sixteen(40, 100).join(' '),
          many.join(' '),
          end('colours', 9),
          '',
        ].join('\n'),
      )
      await takenJob.finish('failed')
      await open(`/jobs/${takenJob.id}#L2-L4`)
      await expect(row(page, 3)).toBeInViewport()
      await expectAccessible(page)
    })
  })
}
