import express from 'express'
import { afterAll, describe, expect, it } from 'vitest'
import { health } from './health.ts'
import { openLog } from './log.ts'
import { openMetrics } from './metrics.ts'
import { listen } from './server.ts'
import { send } from './testing/test-gateway.ts'

type Outcome = 'ok' | 'hangs' | Error

describe('/readyz', () => {
  const opened: { stop(graceMs: number): Promise<void> }[] = []
  afterAll(async () => {
    for (const listening of opened) await listening.stop(0)
  })

  async function ask(...rounds: { database?: Outcome; objects?: Outcome }[]) {
    let round = 0
    const lines: string[] = []
    const probed = { database: 0 }
    const outcome = async (part: 'database' | 'objects') => {
      if (part === 'database') probed.database += 1
      const now = rounds[round]?.[part] ?? 'ok'
      if (now === 'hangs') await new Promise(() => undefined)
      if (now instanceof Error) throw now
    }
    const app = express()
    app.use(
      health(
        { events: { healthy: true } as never, objects: { probe: () => outcome('objects') } as never },
        {
          metrics: openMetrics(),
          log: openLog('info', [], (line) => lines.push(line)),
          probeDatabase: () => outcome('database'),
          stopping: new AbortController().signal,
        },
      ),
    )
    const listening = await listen({ current: app }, { host: '127.0.0.1', port: 0 })
    opened.push(listening)
    const answer = () => send(listening.port, 'GET', '/readyz')
    return { answer, lines, probed, next: () => (round += 1) }
  }

  it('answers 200 while both accept writes', async () => {
    const { answer } = await ask({})
    expect(await answer()).toMatchObject({ status: 200, body: { status: 'ready', database: 'ok', objects: 'ok' } })
  })

  it.each([
    ['the disk is full', Object.assign(new Error('could not extend file "base/1"'), { code: '53100' })],
    ['the disk is full', new Error('wrapped', { cause: Object.assign(new Error('x'), { code: 'ENOSPC' }) })],
    ['the disk is full', Object.assign(new Error('x'), { code: 'EDQUOT' })],
    ['the disk is full', Object.assign(new Error('x'), { name: 'ErrnoError', errno: 51 })],
    ['read-only', Object.assign(new Error('cannot execute INSERT'), { code: '25006' })],
    ['not usable', new Error('connect ECONNREFUSED 10.0.0.1:5432')],
  ])('answers “%s” in fixed words, and logs more', async (words, error) => {
    const { answer, lines } = await ask({ database: error, objects: error })
    const { status, body, text } = await answer()
    expect(status).toBe(503)
    expect(body).toMatchObject({ database: 'down', objects: 'down', down: { database: words, objects: words } })
    expect(text).not.toMatch(/10\.0\.0\.1|base\/1|INSERT|wrapped/)
    expect(lines.join('')).toContain(JSON.stringify(error.message).slice(1, -1))
  })

  it('answers 503 when a part does not answer in time', async () => {
    const { answer } = await ask({ objects: 'hangs' })
    expect(await answer()).toMatchObject({
      status: 503,
      body: { database: 'ok', objects: 'down', down: { objects: 'no answer in 5 s' } },
    })
  })

  it('probes each part once for concurrent requests', async () => {
    const { answer, probed } = await ask({})
    await Promise.all(Array.from({ length: 20 }, answer))
    expect(probed.database).toBe(1)
  })

  it('logs once that a part went away and once that it is back', async () => {
    const { answer, lines, next } = await ask({ database: new Error('gone') }, { database: new Error('gone') }, {})
    const until = async (status: number) => {
      for (;;) {
        const answered = await answer()
        if (answered.status === status) return
      }
    }
    await until(503)
    next()
    await until(503)
    next()
    await until(200)
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      "the database can't be used",
      'the database can be used again',
    ])
  })
})
