import { setTimeout as pause } from 'node:timers/promises'
import { type Browser, chromium, type Page } from '@playwright/test'
import { installedBrowser } from '../../support/installed-browser.ts'
import type { TakenJob } from '../../support/taken-job.ts'
import { Form, type Site } from '../form.ts'
import { inTurns, median, percentile, ratio, single } from '../rounds.ts'
import type { Compared, Finding, Row } from '../row.ts'

const SIZES_MB = [1, 10, 100]
const PATCH_BYTES = 1_000_000
/** Length of each line of the log. */
const LINE_BYTES = 100
const NEEDLE_EVERY = 1_000
const ROUNDS = 7
const WINDOW = 500
const FOLLOW_MS = 5_000
const LINES_PER_SECOND = 5_000
const STEP_MS = 100
const MOST_WAIT_MS = 60_000
const AIM = { open: 1_000, jump: 200, frame: 50 } as const

/** The log view in a browser, compared with the same page without it: plain requests, and frames at rest. */
export const viewTrace: Row = {
  name: 'view',
  async measure(kind) {
    await using form = await Form.open(kind)
    const site = await form.gateway()
    const browser = await openBrowser()
    try {
      const findings: Finding[] = []
      for (const size of SIZES_MB) findings.push(...(await measureSize(site, browser, size)))
      return findings
    } finally {
      await browser.close()
    }
  },
}

async function openBrowser(): Promise<Browser> {
  const executablePath = installedBrowser()
  return await chromium.launch({
    ...(executablePath && { executablePath }),
    // Chromium's sandbox does not work for root.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
}

async function measureSize(site: Site, browser: Browser, size: number): Promise<Finding[]> {
  const log = await LongLog.begin(site)
  await log.grow((size * 1_000_000) / LINE_BYTES)
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: site.url })
  const page = await context.newPage()
  await page.request.post('/sign-in', { form: { token: site.adminToken }, headers: { Accept: 'application/json' } })
  const view = `/jobs/${log.jobId}`
  const open = async () => {
    const startedAt = performance.now()
    await page.goto(view, { waitUntil: 'commit' })
    await page.locator('[data-text]').first().waitFor({ timeout: MOST_WAIT_MS })
    return performance.now() - startedAt
  }
  await open()

  const timed = (work: () => Promise<number>) => single(site.processes, work)
  const opened = await inTurns(ROUNDS, { ours: timed(open), baseline: timed(() => requestLast(page, log.jobId)) })
  const jumped = await inTurns(ROUNDS, {
    ours: timed(() => jump(page, log.anyLine())),
    baseline: timed(() => requestAround(page, log.jobId, log.anyLine())),
  })
  const found = await inTurns(3, {
    ours: timed(() => search(page, log.nextNeedle())),
    baseline: timed(() => requestSearch(page, log.jobId, log.nextNeedle())),
  })

  await open()
  const rest = await frames(page, 2_000)
  const following = frames(page, FOLLOW_MS)
  await log.growSteadily(FOLLOW_MS)
  const moving = await following
  const slowest = percentile(moving, 0.99)
  await context.close()
  await log.end()

  return [
    duration(`first rows of ${size} MB`, opened, AIM.open),
    duration(`jump in ${size} MB`, jumped, AIM.jump),
    duration(`search of ${size} MB`, found),
    {
      what: `frame at ${LINES_PER_SECOND.toLocaleString('en')} lines/s after ${size} MB, p50 / p99`,
      ours: `${median(moving).toFixed(1)} / ${slowest.toFixed(1)} ms`,
      baseline: `${median(rest).toFixed(1)} / ${percentile(rest, 0.99).toFixed(1)} ms`,
      aim: `p99 < ${AIM.frame} ms`,
      met: slowest < AIM.frame,
    },
  ]
}

function duration(what: string, { ours, baseline }: Compared, aim?: number): Finding {
  const figure = median(ours.figures)
  return {
    what,
    ours: `${figure.toFixed(0)} ms`,
    baseline: `${median(baseline.figures).toFixed(0)} ms`,
    ratio: ratio(ours, baseline).toFixed(1),
    ...(aim !== undefined && { aim: `< ${aim} ms`, met: figure < aim }),
    cpu: ours.cpu,
    baselineCpu: baseline.cpu,
  }
}

/** A job whose log has numbered lines of one length, some of which contain a unique word. */
class LongLog {
  readonly jobId: number
  readonly #job: TakenJob
  #lines = 0
  #bytes = 0
  #needles = 0

  constructor(job: TakenJob) {
    this.jobId = job.id
    this.#job = job
  }

  static async begin(site: Site): Promise<LongLog> {
    const runner = await site.runner()
    await site.admin.mutate('jobs.create', { name: 'sample', definition: { script: ['true'] } })
    return new LongLog(await runner.take())
  }

  anyLine(): number {
    return 1 + Math.floor(Math.random() * this.#lines)
  }

  /** Returns a different one each time, so that no answer comes from a cache. */
  nextNeedle(): string {
    this.#needles += 1
    return `needle-${this.#needles}`
  }

  async grow(lines: number): Promise<void> {
    const most = PATCH_BYTES / LINE_BYTES
    for (let left = lines; left > 0; left -= most) await this.#send(Math.min(left, most))
  }

  async growSteadily(ms: number): Promise<void> {
    const startedAt = performance.now()
    for (let step = 1; step * STEP_MS <= ms; step++) {
      await this.#send((LINES_PER_SECOND * STEP_MS) / 1_000)
      await pause(Math.max(0, startedAt + step * STEP_MS - performance.now()))
    }
  }

  async end(): Promise<void> {
    await this.#job.put({ state: 'success' })
  }

  async #send(count: number): Promise<void> {
    const text = Array.from({ length: count }, (_, index) => lineOf(this.#lines + index + 1)).join('')
    const { status, text: answer } = await this.#job.patch(this.#bytes, text)
    if (status !== 202) throw new Error(`${status}: ${answer}`)
    this.#lines += count
    this.#bytes += text.length
  }
}

function lineOf(number: number): string {
  const needle = number % NEEDLE_EVERY === 0 ? ` needle-${number / NEEDLE_EVERY}.` : ''
  return `${`\u001b[32m${number}\u001b[0m${needle} `.padEnd(LINE_BYTES - 1, 'all is well; ')}\n`
}

/** Returns the time until a line is drawn. */
async function jump(page: Page, line: number): Promise<number> {
  return await page.evaluate(
    async ({ line, most }) => {
      const startedAt = performance.now()
      window.location.hash = `#L${line}`
      while (performance.now() - startedAt < most) {
        await new Promise((resolve) => requestAnimationFrame(resolve))
        if (document.querySelector(`[data-line="${line}"] [data-text]`)) return performance.now() - startedAt
      }
      throw new Error(`line ${line} did not come`)
    },
    { line, most: MOST_WAIT_MS },
  )
}

/** Returns the time until the first match is drawn and all are counted. */
async function search(page: Page, text: string): Promise<number> {
  const field = page.getByRole('searchbox', { name: 'Search the log' })
  await field.fill('')
  await page.locator('mark').first().waitFor({ state: 'hidden' })
  const startedAt = performance.now()
  await field.fill(text)
  await field.press('Enter')
  await page.locator('.log-match-current').waitFor({ timeout: MOST_WAIT_MS })
  await page
    .getByTestId('found')
    .getByText(/^\d[\d,]* lines?$/)
    .waitFor({ timeout: MOST_WAIT_MS })
  return performance.now() - startedAt
}

const requestLast = (page: Page, jobId: number) => request(page, 'traces.lines', { jobId, last: true, limit: WINDOW })
const requestAround = (page: Page, jobId: number, around: number) =>
  request(page, 'traces.lines', { jobId, around, limit: WINDOW })

async function requestSearch(page: Page, jobId: number, query: string): Promise<number> {
  let time = 0
  for (let fromLine: number | null = 1; fromLine !== null; ) {
    const startedAt = performance.now()
    const input = encodeURIComponent(JSON.stringify({ jobId, query, fromLine, limit: WINDOW }))
    const reply = await page.request.get(`/trpc/traces.search?input=${input}`)
    const { result } = (await reply.json()) as { result: { data: { nextLine: number | null } } }
    fromLine = result.data.nextLine
    time += performance.now() - startedAt
  }
  return time
}

/** Returns the time of a plain request by the page, which draws nothing. */
async function request(page: Page, procedure: string, input: Record<string, unknown>): Promise<number> {
  return await page.evaluate(
    async (url) => {
      const startedAt = performance.now()
      await (await fetch(url)).json()
      return performance.now() - startedAt
    },
    `/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`,
  )
}

/** Returns the duration of each frame, in milliseconds. */
async function frames(page: Page, ms: number): Promise<number[]> {
  return await page.evaluate(async (ms) => {
    const times: number[] = []
    let before = performance.now()
    const end = before + ms
    while (before < end) {
      const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve))
      times.push(now - before)
      before = now
    }
    return times
  }, ms)
}
