import { Admin } from '../support/admin.ts'
import { expect, test } from '../support/dashboard.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import { Gateway } from '../support/gateway.ts'
import { box, numbered, PATCH_BYTES, row, shownRows, textOf } from '../support/log-box.ts'
import { notNull } from '../support/not-null.ts'
import { pressInTurn } from '../support/press-in-turn.ts'
import type { TakenJob } from '../support/taken-job.ts'

test.use({ gatewayEnv: { MAX_TRACE_MIB: '200' } })

test.describe('a gateway that restarts', () => {
  // The browser reports the lost connection.
  test.use({ tolerated: /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|Failed to load resource/ })

  test('continues the log where it stopped, with nothing missing or repeated', async ({ page, startGateway }) => {
    const site = await startGateway()
    const admin = new Admin(site.url, { token: site.adminToken })
    const path = `restart-${process.pid}-${Date.now()}`
    const project = await admin.mutate('projects.create', { path, instanceRunnersEnabled: false })
    await admin.mutate('jobs.create', { projectId: project.id, name: 'long', definition: { script: ['true'] } })
    const runner = await FakeRunner.register(site.url, notNull(project.registrationToken))
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
      await expect(textOf(page, 2_010)).toBeInViewport()
      const rows = await shownRows(page)
      expect(rows.length).toBeGreaterThan(10)
      expect(rows).toEqual(
        rows.map((_, index) => ({
          line: 2_010 - rows.length + 1 + index,
          text: `n ${2_010 - rows.length + 1 + index}`,
        })),
      )
      await pressInTurn(page, ['g', 'g'], (options) => expect(textOf(page, 1)).toHaveText('n 1', options))
    } finally {
      await again.stop()
    }
  })
})

test.describe('a log that was never read', () => {
  // The gateway is stopped before the page is closed.
  test.use({ tolerated: /ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|Failed to load resource/ })

  test('is indexed up to a linked line while the page waits without moving', async ({ page, startGateway }) => {
    const site = await startGateway()
    const admin = new Admin(site.url, { token: site.adminToken })
    await admin.mutate('jobs.create', { name: 'long', definition: { script: ['true'] } })
    const job = await (await FakeRunner.register(site.url, site.registrationToken)).take()
    // Takes long to parse.
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
      // Works in slow browsers, too: answers that include the line wait until the progress was on screen.
      let shown: Promise<void> | undefined
      await page.route(/\/trpc\/traces\.(?:lines|outline)/, async (route) => {
        shown ??= page
          .getByTestId('reading')
          .waitFor({ timeout: 240_000 })
          .catch(() => undefined)
        const answer = await route.fetch().catch(() => null)
        if (answer === null) return await route.abort()
        const { indexedLines } = (await answer.json()).result?.data ?? { indexedLines: 0 }
        if (indexedLines >= 539_000) await shown
        await route.fulfill({ response: answer })
      })
      await page.goto(`${again.url}/jobs/${job.id}#L540000`)
      await expect(textOf(page, 540_000)).toBeInViewport({ timeout: 300_000 })
      await expect(textOf(page, 540_000)).toContainText('n 540000 ')
      const { reading, lines: drawn } = await page.evaluate(() => {
        const { seen } = window as unknown as { seen: { reading: Set<string>; lines: Set<string> } }
        return { reading: [...seen.reading], lines: [...seen.lines].map(Number) }
      })
      expect(reading.length).toBeGreaterThan(0)
      for (const text of reading) expect(text).toMatch(/Looking for line 540,000: .* \d+ %$/)
      // No other lines were shown meanwhile.
      expect(Math.min(...drawn)).toBeGreaterThan(539_900)
      expect(Math.max(...drawn)).toBeLessThan(540_100)
      await expect(page.getByTestId('reading')).toBeHidden()
    } finally {
      await page.unrouteAll({ behavior: 'ignoreErrors' })
      await again.stop()
    }
  })
})

/** Sends a log of a million lines, about 100 MB, in as few patches as a runner would. */
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

test('a log of 100 MB opens, and every line is reachable', async ({ dashboard: page, open, takenJob }) => {
  await sayMillion(takenJob)
  await takenJob.put({ state: 'success' })
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 1_000_000)).toContainText('needle 1000000 ')
  await expect(page.getByTestId('extent')).toContainText('1,000,000 lines')
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
  // A jump to the end may still be under way, and overrides other scrolling in its frame.
  await expect(async () => {
    await box(page).evaluate((element) => element.scrollTo({ top: 0 }))
    await expect(textOf(page, 1)).toBeInViewport({ timeout: 5_000 })
  }).toPass()

  await page.keyboard.press('/')
  await page.keyboard.insertText('needle')
  await expect(row(page, 250_000).locator('.log-match-current')).toBeInViewport()
  await expect(page.getByTestId('found')).toHaveText('1 of 4 lines')
  await page.keyboard.press('Enter')
  await expect(row(page, 500_000).locator('.log-match-current')).toBeInViewport()
})
