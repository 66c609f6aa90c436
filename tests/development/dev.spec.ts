import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test as base, expect, type Page } from '@playwright/test'
import { isRunning, signalTree } from '../chaos/process-tree.ts'
import { ROOT } from '../docs/command-blocks.ts'
import { temporaryDirectory } from '../support/gateway.ts'

interface Development {
  readonly url: string
  readonly link: string
  /** Sends what a Ctrl+C in the terminal sends to all processes. Resolves when the command has ended. */
  readonly interrupt: () => Promise<unknown>
  readonly processes: () => readonly number[]
  /** The directory for its files. */
  readonly directory: string
}

/** One installation for all tests of the file, in order: filling it takes seconds. */
const test = base.extend<object, { development: Development }>({
  development: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright asks for an object pattern.
    async ({}, use) => {
      const { path: directory, dispose } = await temporaryDirectory()
      const child = spawn('npm', ['run', 'dev', '--', '--seed'], {
        cwd: ROOT,
        env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: directory, PORT: '0' },
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      })
      let output = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
      const ended = once(child, 'exit')
      const pid = child.pid ?? 0
      const interrupt = () => {
        process.kill(-pid, 'SIGINT')
        return ended
      }
      try {
        await expect.poll(() => output, { timeout: 300_000 }).toMatch(/Open http\S+/)
        const [link = ''] = /http\S+/.exec(output.slice(output.indexOf('Open '))) ?? []
        await use({ url: new URL(link).origin, link, interrupt, processes: () => signalTree(pid, 0), directory })
      } finally {
        for (const left of signalTree(pid, 0).filter(isRunning)) process.kill(left, 'SIGKILL')
        await dispose()
      }
    },
    { scope: 'worker', timeout: 400_000 },
  ],
})

test.describe.configure({ mode: 'serial' })

async function ask<T>(page: Page, url: string, procedure: string, input: unknown): Promise<T> {
  const reply = await page.request.get(`${url}/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`)
  return ((await reply.json()) as { result: { data: T } }).result.data
}

/** Changes only the modification time, which is enough for file watchers. */
const touch = (path: string) => utimesSync(join(ROOT, path), new Date(), new Date())

test('npm run dev -- --seed shows jobs in every status, why one waits, live logs and changed sources, then ends with all its processes', async ({
  page,
  development: { url, link, interrupt, processes, directory },
}) => {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  const updates: string[] = []
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      updates.push(String(payload))
    }),
  )

  await test.step('the one address signs in, and the page comes from the sources', async () => {
    await page.goto(link)
    await page.getByRole('button').click()
    await expect(page.getByRole('link', { name: 'Release 2.0', exact: true })).toBeVisible()
    expect(await page.locator('script[src="/@vite/client"]').count()).toBe(1)
    await expect.poll(() => updates.join()).toContain('connected')
  })

  const { items } = await ask<{ items: { id: number; name: string; status: string }[] }>(page, url, 'jobs.list', {
    limit: 100,
  })
  const idOf = (name: string) => items.find((job) => job.name === name)?.id ?? 0

  await test.step('there are jobs in every status that lasts, and the page says why one waits', async () => {
    expect([...new Set(items.map(({ status }) => status))].sort()).toEqual([
      ...['canceled', 'canceling', 'created', 'failed', 'manual', 'pending', 'running'],
      ...['scheduled', 'skipped', 'success', 'waiting_for_resource'],
    ])
    const { runners } = await ask<{ runners: { rule: string | null }[] }>(page, url, 'jobs.explain', {
      id: idOf('pictures'),
    })
    expect(runners.map(({ rule }) => rule)).toContain('tags')
    const webhooks = await ask<{ items: unknown[] }>(page, url, 'webhooks.list', {})
    expect(webhooks.items).toHaveLength(2)
    const usage = await ask<{ items: { jobs: number }[] }>(page, url, 'usage.runners', {})
    expect(usage.items.some(({ jobs }) => jobs > 0)).toBe(true)
  })

  await test.step('a log is followed through the dev server, piece by piece', async () => {
    await page.goto(`${url}/jobs/${idOf('load')}`)
    const lines = page.getByText(/request \d+ was answered/)
    await expect(lines.first()).toBeVisible()
    const [, before = '0'] = /request (\d+)/.exec((await lines.last().textContent()) ?? '') ?? []
    await expect
      .poll(async () => Number(/request (\d+)/.exec((await lines.last().textContent()) ?? '')?.[1]))
      .toBeGreaterThan(Number(before) + 1)
  })

  await test.step('a changed file of the dashboard reaches the page', async () => {
    updates.length = 0
    touch('apps/admin-ui/src/pages/job.tsx')
    await expect.poll(() => updates.join()).toMatch(/"type":"(update|full-reload)"/)
  })

  await test.step('a changed file of the gateway restarts it, and requests wait meanwhile', async () => {
    const startedAt = async () =>
      Number(
        /^process_start_time_seconds (\S+)$/m.exec(await (await page.request.get(`${url}/metrics`)).text())?.[1] ?? 0,
      )
    const before = await startedAt()
    touch('apps/gateway/src/main.ts')
    await expect.poll(startedAt).toBeGreaterThan(before)
    // The session is still valid.
    await page.goto(`${url}/jobs`)
    await expect(page.getByRole('link', { name: 'links', exact: true })).toBeVisible()
  })

  await test.step('the content security policy was never violated', () => {
    expect(complaints.filter((text) => /Content Security Policy/i.test(text))).toEqual([])
  })

  await test.step('Ctrl+C ends everything and removes all data', async () => {
    const running = processes()
    // npm, our script, Vite, the gateway's watcher, the gateway, and the runners.
    expect(running.length).toBeGreaterThanOrEqual(6)
    await interrupt()
    await expect.poll(() => running.filter(isRunning)).toEqual([])
    expect(existsSync(directory) && readdirSync(directory).filter((name) => name.startsWith('yardmaster-'))).toEqual([])
  })
})
