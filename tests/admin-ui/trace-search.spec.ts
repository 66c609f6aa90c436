import { expect, test } from '../support/dashboard.ts'
import { box, follow, numbered, row, textOf, toTop } from '../support/log-box.ts'

test.use({ gatewayEnv: { MAX_TRACE_MIB: '200' } })

test('the server searches the whole log, and the user steps from match to match', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  const line = (index: number) => (index % 4_000 === 0 ? `Needle ${index}` : `straw ${index}`)
  await takenJob.say(`${Array.from({ length: 20_000 }, (_, index) => line(index + 1)).join('\n')}\n`)
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 20_000)).toBeVisible()
  await toTop(page)

  await page.keyboard.press('/')
  // In one piece: a search starts in each pause, and Enter first searches for what is typed since.
  await page.keyboard.insertText('needle')
  const current = page.locator('.log-match-current')
  await expect(page.getByTestId('found')).toHaveText('1 of 5 lines')
  await expect(row(page, 4_000).locator('mark')).toHaveText('Needle')
  await expect(current).toBeInViewport()
  await expect(page.locator('[data-marks="matches"]')).toBeAttached()
  await page.keyboard.press('Enter')
  await expect(row(page, 8_000).locator('.log-match-current')).toBeInViewport()
  await expect(page.getByTestId('found')).toHaveText('2 of 5 lines')
  await page.keyboard.press('Shift+Enter')
  await expect(row(page, 4_000).locator('.log-match-current')).toBeInViewport()
  await page.keyboard.press('Shift+Enter')
  await expect(row(page, 20_000).locator('.log-match-current')).toBeInViewport()
  await expect(page.getByTestId('found')).toHaveText('5 of 5 lines')
  await page.keyboard.press('Enter')
  await expect(row(page, 4_000).locator('.log-match-current')).toBeInViewport()

  await page.getByRole('button', { name: 'Match case', exact: true }).click()
  await expect(page.getByTestId('found')).toHaveText('No matches')
  await page.getByRole('button', { name: 'Regular expression', exact: true }).click()
  await page.getByRole('searchbox', { name: 'Search the log', exact: true }).fill('N.*(8|12)000$')
  await expect(page.getByTestId('found')).toHaveText(/^[12] of 2 lines$/)
  await expect(row(page, 8_000).locator('mark')).toHaveText('Needle 8000')
  await page.keyboard.press('Escape')
  await expect(page.locator('mark')).toHaveCount(0)
  await expect(page.getByTestId('found')).toBeEmpty()
})

test('every match on screen is marked after scrolling, and in new lines', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  const line = (index: number) => (index % 3 === 0 ? `took \u001b[32m${index}\u001b[0mms and 7ms` : `straw ${index}`)
  await takenJob.say(`${Array.from({ length: 20_000 }, (_, index) => line(index + 1)).join('\n')}\n`)
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 20_000)).toBeInViewport()
  /** Returns the rows on screen with wrong marks. */
  const wrong = async () =>
    await box(page).evaluate((element) =>
      [...element.querySelectorAll<HTMLElement>('[data-line]')]
        .map((each) => ({
          line: Number(each.dataset.line),
          marks: [...each.querySelectorAll('mark')].map((mark) => mark.textContent).join(''),
          text: each.querySelector('[data-text]')?.textContent?.trim() ?? '',
        }))
        .filter(({ text, marks }) => marks !== [...text.matchAll(/\d+ms/g)].join('')),
    )
  await page.getByRole('button', { name: 'Regular expression', exact: true }).click()
  await page.getByRole('searchbox', { name: 'Search the log', exact: true }).fill('\\d+ms')
  await expect(page.getByTestId('found')).toHaveText(/^[\d,]+ of 6,666 lines$/)
  for (const share of [0.5, 0.123, 0.9]) {
    await box(page).evaluate((element, share) => element.scrollTo({ top: element.scrollHeight * share }), share)
    await expect(page.locator('mark').first()).toBeVisible()
    await expect.poll(wrong).toEqual([])
  }
  await follow(page).click()
  await takenJob.say('it took 123ms')
  await expect(row(page, 20_001).locator('mark')).toHaveText(['123ms'])
  await takenJob.say(' and 45ms\nthe 678ms\n')
  await expect(row(page, 20_001).locator('mark')).toHaveText(['123ms', '45ms'])
  await expect(row(page, 20_002).locator('mark')).toHaveText(['678ms'])
  await expect.poll(wrong).toEqual([])
  await expect(page.getByTestId('found')).toHaveText(/^[\d,]+ of 6,668 lines$/)
})

test('a match far inside a line is brought on screen, wrapped or not', async ({ dashboard: page, open, takenJob }) => {
  const far = `${'words and '.repeat(9_000)}needle${' and on'.repeat(500)}`
  await takenJob.say(
    `${numbered(1, 50)}${'wide '.repeat(300)}needle ${'wide '.repeat(50)}\n${far}\n${numbered(53, 90)}`,
  )
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  const current = (line: number) => row(page, line).locator('.log-match-current')
  await expect(textOf(page, 90)).toBeVisible()
  await toTop(page)
  await page.keyboard.press('w')
  await page.keyboard.press('/')
  await page.keyboard.insertText('needle')
  await expect(current(51)).toBeInViewport()
  await page.keyboard.press('Enter')
  await expect(current(52)).toBeInViewport()
  await page.keyboard.press('Shift+Enter')
  await expect(current(51)).toBeInViewport()
  await page.getByRole('button', { name: 'Wrap long lines', exact: true }).click()
  await page.getByRole('button', { name: 'Next match', exact: true }).click()
  await expect(current(52)).toBeInViewport()
  await expect(row(page, 52).getByRole('button')).toHaveText('Show all of 93,506 characters')
})

test('a pattern made to run for ever does not freeze the page', async ({ dashboard: page, open, takenJob }) => {
  await takenJob.say(`${`${'a'.repeat(3_000)}\n`.repeat(60)}${'a'.repeat(1_000_000)}\n`)
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  await page.getByRole('button', { name: 'Regular expression', exact: true }).click()
  await page.getByRole('searchbox', { name: 'Search the log', exact: true }).fill('((a|aa){1,9}){1,9}b|(.*a){20}c')
  await page.keyboard.press('Enter')
  // Processor time of the page's own thread: the search has another one, and a busy machine takes none of it.
  const devTools = await page.context().newCDPSession(page)
  await devTools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const busySeconds = async () => {
    const { metrics } = await devTools.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN
  }
  const before = await busySeconds()
  await page.evaluate(async () => {
    for (let frame = 0; frame < 100; frame++) await new Promise((resolve) => requestAnimationFrame(resolve))
  })
  expect((await busySeconds()) - before).toBeLessThan(3)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Regular expression', exact: true }).click()
  await page.getByRole('searchbox', { name: 'Search the log', exact: true }).fill('aaa')
  await expect(page.locator('mark').first()).toBeVisible()
})

test.describe('an invalid pattern', () => {
  test.use({ tolerated: /status of 400/ })

  test('is reported', async ({ dashboard: page, open, takenJob }) => {
    await takenJob.say('text\n')
    await open(`/jobs/${takenJob.id}`)
    await page.getByRole('button', { name: 'Regular expression', exact: true }).click()
    await page.getByRole('searchbox', { name: 'Search the log', exact: true }).fill('(')
    await expect(page.getByTestId('found')).toContainText('missing closing )')
    await expect(page.getByRole('searchbox', { name: 'Search the log', exact: true })).toHaveAttribute(
      'aria-invalid',
      'true',
    )
  })
})
