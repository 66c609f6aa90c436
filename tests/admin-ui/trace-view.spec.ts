import type { Locator, Page } from '@playwright/test'
import { Admin } from '../support/admin.ts'
import type { Project } from '../support/api.ts'
import { expect, expectAccessible, test } from '../support/dashboard.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import { Gateway } from '../support/gateway.ts'
import type { TakenJob } from '../support/taken-job.ts'

test.use({ gatewayEnv: { MAX_TRACE_MIB: '200' } })

const PATCH_BYTES = 1_040_000

const box = (page: Page): Locator => page.getByRole('log', { name: 'Log text' })
const row = (page: Page, line: number): Locator => page.locator(`[data-line="${line}"]`)
const textOf = (page: Page, line: number): Locator => row(page, line).locator('[data-text]')
const follow = (page: Page): Locator => page.getByRole('button', { name: /^Follow/ })

const start = (name: string, at: number, options = '') => `section_start:${at}:${name}${options}\r\u001b[0K`
const end = (name: string, at: number) => `section_end:${at}:${name}\r\u001b[0K`
const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `n ${from + index}\n`).join('')

/** The rows on screen, top to bottom. */
async function shownRows(page: Page): Promise<{ line: number; text: string }[]> {
  return await box(page).evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect()
    return [...element.querySelectorAll<HTMLElement>('[data-line]')]
      .filter((each) => {
        const place = each.getBoundingClientRect()
        return place.bottom > top + 1 && place.top < bottom - 1
      })
      .map((each) => ({
        line: Number(each.dataset.line),
        text: each.querySelector('[data-text]')?.textContent?.trim() ?? '',
      }))
  })
}

test('a log is followed while somebody is at its end, and let go when they scroll up', async ({
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
  await page.keyboard.press('g')
  await page.keyboard.press('g')
  await expect(textOf(page, 1)).toHaveText('n 1')
  await page.goto(`/jobs/${takenJob.id}#L54321`)
  await expect(textOf(page, 54_321)).toHaveText('n 54321')
  await expect(textOf(page, 54_321)).toBeInViewport()
})

test('sections are folded and unfolded, with how long they took', async ({ dashboard: page, open, takenJob }) => {
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
  const outer = page.getByRole('button', { name: 'Section The outer one' })
  const inner = page.getByRole('button', { name: 'Section The inner one' })
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
  await page.getByRole('button', { name: 'Fold all sections' }).click()
  await page.keyboard.press('Shift+Z')
  await expect(page.getByText('in the inner one')).toBeVisible()
  await page.goto(`/jobs/${takenJob.id}#L4`)
  await expect(page.getByText('in the inner one')).toBeVisible()
})

test('times are a column of its own: none, since the start, of day', async ({ dashboard: page, open, takenJob }) => {
  const stamp = new Date(Date.parse(new Date().toISOString()) + 65_000).toISOString().replace('Z', '000Z')
  await takenJob.say(`${stamp} 01O first \n${stamp} 01O+and on\n${stamp} 01O second\n`)
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 1)).toHaveText('first and on')
  await expect(textOf(page, 2)).toHaveText('second')
  const time = row(page, 1).locator('.log-time')
  await expect(time).toHaveText(/^1:\d\d\.\d$/)
  await page.keyboard.press('t')
  await expect(time).toHaveText(/^\d\d:\d\d:\d\d$/)
  await page.getByRole('button', { name: 'More of the log' }).click()
  await page.getByRole('menuitemradio', { name: 'No times' }).click()
  await expect(time).toBeHidden()
  await page.reload()
  await expect(textOf(page, 1)).toBeVisible()
  await expect(time).toBeHidden()
})

test('the server searches the whole log, and one steps from match to match', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  const line = (index: number) => (index % 4_000 === 0 ? `Needle ${index}` : `straw ${index}`)
  await takenJob.say(`${Array.from({ length: 20_000 }, (_, index) => line(index + 1)).join('\n')}\n`)
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 1)).toBeVisible()

  await page.keyboard.press('/')
  await page.keyboard.type('needle')
  const current = page.locator('.log-match-current')
  await expect(page.getByTestId('found')).toHaveText('5 lines')
  await expect(row(page, 4_000).locator('mark')).toHaveText('Needle')
  await expect(current).toBeInViewport()
  await expect(page.locator('[data-marks="matches"]')).toBeAttached()
  await page.keyboard.press('Enter')
  await expect(row(page, 8_000).locator('.log-match-current')).toBeInViewport()
  await page.keyboard.press('Shift+Enter')
  await expect(row(page, 4_000).locator('.log-match-current')).toBeInViewport()
  await page.keyboard.press('Shift+Enter')
  await expect(row(page, 20_000).locator('.log-match-current')).toBeInViewport()
  await page.keyboard.press('Enter')
  await expect(row(page, 4_000).locator('.log-match-current')).toBeInViewport()

  await page.getByRole('button', { name: 'Match case' }).click()
  await expect(page.getByTestId('found')).toHaveText('No match')
  await page.getByRole('button', { name: 'Regular expression' }).click()
  await page.getByRole('searchbox', { name: 'Search the log' }).fill('N.*(8|12)000$')
  await expect(page.getByTestId('found')).toHaveText('2 lines')
  await expect(row(page, 8_000).locator('mark')).toHaveText('Needle 8000')
  await page.keyboard.press('Escape')
  await expect(page.locator('mark')).toHaveCount(0)
  await expect(page.getByTestId('found')).toBeEmpty()
})

test('every match on screen is marked, wherever one scrolls, and in lines that come', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  const line = (index: number) => (index % 3 === 0 ? `took \u001b[32m${index}\u001b[0mms and 7ms` : `straw ${index}`)
  await takenJob.say(`${Array.from({ length: 20_000 }, (_, index) => line(index + 1)).join('\n')}\n`)
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 20_000)).toBeInViewport()
  /** Rows on screen whose marks are not what they should be. */
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
  await page.getByRole('button', { name: 'Regular expression' }).click()
  await page.getByRole('searchbox', { name: 'Search the log' }).fill('\\d+ms')
  await expect(page.getByTestId('found')).toHaveText('6,666 lines')
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
  await expect(page.getByTestId('found')).toHaveText('6,668 lines')
})

test('a match far inside a line comes on screen, wrapped or not', async ({ dashboard: page, open, takenJob }) => {
  const far = `${'words and '.repeat(9_000)}needle${' and on'.repeat(500)}`
  await takenJob.say(
    `${numbered(1, 50)}${'wide '.repeat(300)}needle ${'wide '.repeat(50)}\n${far}\n${numbered(53, 90)}`,
  )
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  const current = (line: number) => row(page, line).locator('.log-match-current')
  await expect(textOf(page, 1)).toBeVisible()
  await page.keyboard.press('w')
  await page.keyboard.press('/')
  await page.keyboard.type('needle')
  await expect(current(51)).toBeInViewport()
  await page.keyboard.press('Enter')
  await expect(current(52)).toBeInViewport()
  await page.keyboard.press('Shift+Enter')
  await expect(current(51)).toBeInViewport()
  await page.getByRole('button', { name: 'Wrap long lines' }).click()
  await page.getByRole('button', { name: 'Next match' }).click()
  await expect(current(52)).toBeInViewport()
  await expect(row(page, 52).getByRole('button')).toHaveText('Show all of 93,506 characters')
})

test('a pattern made to take for ever does not stop the page', async ({ dashboard: page, open, takenJob }) => {
  await takenJob.say(`${`${'a'.repeat(3_000)}\n`.repeat(60)}${'a'.repeat(1_000_000)}\n`)
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  await page.getByRole('button', { name: 'Regular expression' }).click()
  await page.getByRole('searchbox', { name: 'Search the log' }).fill('((a|aa){1,9}){1,9}b|(.*a){20}c')
  await page.keyboard.press('Enter')
  const longest = await page.evaluate(async () => {
    let longest = 0
    const end = performance.now() + 3_000
    for (let before = performance.now(); before < end; ) {
      const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve))
      longest = Math.max(longest, now - before)
      before = now
    }
    return longest
  })
  expect(longest).toBeLessThan(1_000)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Regular expression' }).click()
  await page.getByRole('searchbox', { name: 'Search the log' }).fill('aaa')
  await expect(page.locator('mark').first()).toBeVisible()
})

test.describe('a pattern that is none', () => {
  test.use({ tolerated: /status of 400/ })

  test('is said to be none', async ({ dashboard: page, open, takenJob }) => {
    await takenJob.say('text\n')
    await open(`/jobs/${takenJob.id}`)
    await page.getByRole('button', { name: 'Regular expression' }).click()
    await page.getByRole('searchbox', { name: 'Search the log' }).fill('(')
    await expect(page.getByTestId('found')).toContainText('missing closing )')
    await expect(page.getByRole('searchbox', { name: 'Search the log' })).toHaveAttribute('aria-invalid', 'true')
  })
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
  await page.getByRole('button', { name: 'Copy 4 lines' }).click()
  await expect(page.getByText('4 lines are copied')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('n 501\nn 502\nn 503\nn 504\n')

  await takenJob.say(numbered(1_001, 1_500))
  await page.reload()
  await expect(row(page, 501)).toBeInViewport()
  await expect(row(page, 504)).toHaveClass(/log-marked/)
  await expect(row(page, 505)).not.toHaveClass(/log-marked/)
  await page.keyboard.press('Escape')
  await expect(page).not.toHaveURL(/#L/)
})

test('keys lead through a log, and leave fields alone', async ({ dashboard: page, open, takenJob }) => {
  await takenJob.say(`${numbered(1, 300)}\u001b[31mwrong\u001b[0m\n${numbered(302, 600)}\u001b[31mworse\u001b[0m\n`)
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 1)).toBeInViewport()
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
  await expect(page.getByRole('button', { name: 'Leave full screen' })).toBeVisible()
  await page.keyboard.press('w')
  await expect(page.getByRole('button', { name: 'Wrap long lines' })).toHaveAttribute('aria-pressed', 'false')
  await page.keyboard.press('w')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: 'Full screen' })).toBeVisible()
  await page.getByRole('searchbox', { name: 'Search the log' }).fill('')
  await page.keyboard.type('few')
  await expect(page.getByRole('searchbox', { name: 'Search the log' })).toHaveValue('few')
  await expect(page.getByRole('button', { name: 'Full screen' })).toBeVisible()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await expect(box(page)).toBeFocused()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toContainText('In a log')
})

test('in full screen the focus stays with what one sees', async ({ dashboard: page, open, takenJob }) => {
  await takenJob.say('one\ntwo\n')
  await open(`/jobs/${takenJob.id}`)
  await page.getByRole('button', { name: 'Full screen' }).click()
  const panel = page.getByRole('region', { name: 'Log' })
  for (let step = 0; step < 20; step++) {
    await page.keyboard.press('Tab')
    await expect(panel.locator(':focus').or(page.locator('body:focus'))).toBeAttached()
  }
  await box(page).focus()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: 'Leave full screen' })).toBeVisible()
  await page.getByRole('button', { name: 'More of the log' }).click()
  await expect(page.getByRole('menuitem', { name: 'First line' })).toBeVisible()
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
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 1)).toHaveText('<img src=x onerror=alert(1)>')
  await expect(box(page).locator('img')).toHaveCount(0)
  const link = page.getByRole('link', { name: 'https://example.com/a?b=c' })
  await expect(link).toHaveAttribute('href', 'https://example.com/a?b=c')
  await expect(link).toHaveAttribute('rel', 'noopener noreferrer')
  await page.getByRole('button', { name: 'Show more of 1,048,576 characters' }).click()
  await expect(page.getByRole('button', { name: 'Show all of 1,048,576 characters' })).toBeAttached()
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

test('the log as it is stored is shown and downloaded', async ({ dashboard: page, open, takenJob }) => {
  await takenJob.say(RAW)
  await open(`/jobs/${takenJob.id}`)
  const panel = page.getByRole('region', { name: 'Log' })
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    panel.getByRole('link', { name: 'Download' }).click(),
  ])
  expect(download.suggestedFilename()).toBe(`job-${takenJob.id}.log`)
  await page.getByRole('button', { name: 'More of the log' }).click()
  const [raw] = await Promise.all([page.waitForEvent('popup'), page.getByRole('menuitem', { name: 'Raw' }).click()])
  await expect(raw.locator('body')).toContainText('[32mraw')
})

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme })

    test('every colour can be read', async ({ dashboard: page, open, takenJob }) => {
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

test.describe('a gateway that starts again', () => {
  // While it is away the browser says so.
  test.use({ tolerated: /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|Failed to load resource/ })

  test('goes on with the log where it stopped: nothing is missing, nothing is there twice', async ({
    page,
    startGateway,
  }) => {
    const site = await startGateway()
    const admin = new Admin(site.url, { token: site.adminToken })
    const path = `restart-${process.pid}-${Date.now()}`
    const project = await admin.mutate<Project>('projects.create', { path, instanceRunnersEnabled: false })
    await admin.mutate('jobs.create', { projectId: project.id, name: 'long', definition: { script: ['true'] } })
    const runner = await FakeRunner.register(site.url, project.registrationToken)
    const job = await runner.take()
    await job.say(numbered(1, 2_000))
    await page.request.post(`${site.url}/sign-in`, {
      form: { token: site.adminToken },
      headers: { Accept: 'application/json' },
    })
    await page.goto(`${site.url}/jobs/${job.id}`)
    await expect(textOf(page, 2_000)).toBeInViewport()

    await site.stop()
    const again = await Gateway.start(site.dataDir, { ...site.env, PORT: new URL(site.url).port })
    try {
      await job.say(numbered(2_001, 2_010))
      await expect(textOf(page, 2_010)).toBeInViewport({ timeout: 30_000 })
      const rows = await shownRows(page)
      expect(rows.length).toBeGreaterThan(10)
      expect(rows).toEqual(
        rows.map((_, index) => ({
          line: 2_010 - rows.length + 1 + index,
          text: `n ${2_010 - rows.length + 1 + index}`,
        })),
      )
      await page.keyboard.press('g')
      await page.keyboard.press('g')
      await expect(textOf(page, 1)).toHaveText('n 1')
    } finally {
      await again.stop()
    }
  })
})

test.describe('a log that nobody has read', () => {
  // The gateway goes before the page does.
  test.use({ tolerated: /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|Failed to load resource/ })

  test('is waited for as far as a line, and nothing moves meanwhile', async ({ page, startGateway }) => {
    test.setTimeout(120_000)
    const site = await startGateway()
    const admin = new Admin(site.url, { token: site.adminToken })
    await admin.mutate('jobs.create', { name: 'long', definition: { script: ['true'] } })
    const job = await (await FakeRunner.register(site.url, site.registrationToken)).take()
    // What takes long to read.
    const filler = '\u001b[32ma\u001b[0m'.repeat(9)
    const lines = (from: number) =>
      Array.from({ length: 10_000 }, (_, index) => `n ${from + index} ${filler}\n`).join('')
    for (let from = 1; from <= 600_000; from += 10_000) await job.say(lines(from))
    const again = await site.stop().then(() => site.restart())
    try {
      await page.request.post(`${again.url}/sign-in`, {
        form: { token: again.adminToken },
        headers: { Accept: 'application/json' },
      })
      await page.addInitScript(() => {
        const seen = { reading: new Set<string>(), lines: new Set<string>() }
        Object.assign(window, { seen })
        new MutationObserver(() => {
          const text = document.querySelector('[data-testid="reading"]')?.textContent
          if (text) seen.reading.add(text)
          for (const each of document.querySelectorAll('[data-line]'))
            seen.lines.add(each.getAttribute('data-line') ?? '')
        }).observe(document, { subtree: true, childList: true, characterData: true })
      })
      // However slow the browser: answers that have got there wait until the way there was on screen.
      let shown: Promise<void> | undefined
      await page.route(/\/trpc\/traces\.(?:lines|outline)/, async (route) => {
        shown ??= page
          .getByTestId('reading')
          .waitFor({ timeout: 50_000 })
          .catch(() => undefined)
        const answer = await route.fetch().catch(() => null)
        if (answer === null) return await route.abort()
        const { indexedLines } = (await answer.json()).result?.data ?? { indexedLines: 0 }
        if (indexedLines >= 539_000) await shown
        await route.fulfill({ response: answer })
      })
      await page.goto(`${again.url}/jobs/${job.id}#L540000`)
      await expect(textOf(page, 540_000)).toBeInViewport({ timeout: 60_000 })
      await expect(textOf(page, 540_000)).toContainText('n 540000 ')
      const { reading, lines: drawn } = await page.evaluate(() => {
        const { seen } = window as unknown as { seen: { reading: Set<string>; lines: Set<string> } }
        return { reading: [...seen.reading], lines: [...seen.lines].map(Number) }
      })
      expect(reading.length).toBeGreaterThan(0)
      for (const text of reading) expect(text).toMatch(/Looking for line 540,000: .* \d+ %$/)
      // No other lines were shown on the way there.
      expect(Math.min(...drawn)).toBeGreaterThan(539_900)
      expect(Math.max(...drawn)).toBeLessThan(540_100)
      await expect(page.getByTestId('reading')).toBeHidden()
    } finally {
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      await again.stop()
    }
  })
})

/** A log of a million lines, about 100 MB, in as few patches as runners would send it. */
async function sayMillion(job: TakenJob): Promise<void> {
  const filler = 'abcdefghij'.repeat(8)
  for (let line = 1, offset = 0; line <= 1_000_000; ) {
    let text = ''
    while (line <= 1_000_000 && text.length < PATCH_BYTES) {
      text += line % 250_000 === 0 ? `\u001b[31mneedle ${line}\u001b[0m ${filler}\n` : `line ${line} ${filler}\n`
      line += 1
    }
    const { status } = await job.patch(offset, text)
    expect(status).toBe(202)
    offset += text.length
  }
}

test('a log of 100 MB opens, and every line of it is reached', async ({ dashboard: page, open, takenJob }) => {
  test.setTimeout(240_000)
  await sayMillion(takenJob)
  await takenJob.put({ state: 'success' })
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 1)).toContainText('line 1 ')
  await expect(page.getByTestId('extent')).toContainText('1,000,000 lines', { timeout: 60_000 })
  for (const line of [999_999, 500_001, 123_456]) {
    await page.evaluate((wanted) => window.location.assign(`#L${wanted}`), line)
    await expect(textOf(page, line)).toContainText(`line ${line} `)
    await expect(textOf(page, line)).toBeInViewport()
  }
  await box(page).hover()
  const [first] = await shownRows(page)
  await page.mouse.wheel(0, 200)
  await expect.poll(async () => (await shownRows(page))[0]?.line).toBe((first?.line ?? 0) + 10)
  await page.keyboard.press('Shift+G')
  await expect(textOf(page, 1_000_000)).toBeInViewport()
  await box(page).evaluate((element) => element.scrollTo({ top: 0 }))
  await expect(textOf(page, 1)).toBeInViewport()

  await page.keyboard.press('/')
  await page.keyboard.type('needle')
  await expect(row(page, 250_000).locator('.log-match-current')).toBeInViewport({ timeout: 30_000 })
  await expect(page.getByTestId('found')).toHaveText('4 lines', { timeout: 60_000 })
  await page.keyboard.press('Enter')
  await expect(row(page, 500_000).locator('.log-match-current')).toBeInViewport({ timeout: 30_000 })
})
