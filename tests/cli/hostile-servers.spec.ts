import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from './fixtures.ts'

/** Runs a test against a server that answers as it likes. */
async function withServer(answer: RequestListener, use: (env: Record<string, string>) => Promise<void>): Promise<void> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    await use({ YARDMASTER_URL: `http://127.0.0.1:${port}`, YARDMASTER_TOKEN: 'ymat-test' })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const json =
  (value: unknown): RequestListener =>
  (_request, response) => {
    response
      .setHeader('Content-Type', 'application/json')
      .end(typeof value === 'string' ? value : JSON.stringify(value))
  }
const data = (value: unknown) => json({ result: { data: value } })

const NO_YARDMASTER: Readonly<Record<string, RequestListener>> = {
  HTML: (_request, response) => response.setHeader('Content-Type', 'text/html').end('<h1>\u001b[2J Welcome</h1>'),
  nothing: (_request, response) => response.end(),
  'broken JSON': json('{"result": '),
  'JSON of something else': json({ hello: 'world' }),
  'a number': json('5'),
  'an error of another form': json({ error: 'no' }),
  'a list of another form': data({ items: 'none', nextCursor: null }),
  'a list of other things': data({ items: [{ id: 'x' }, null], nextCursor: null }),
  'no list': data(null),
  'a redirect': (_request, response) =>
    response.writeHead(302, { Location: 'http://example.com/\u0007'.replace('\u0007', '%07') }).end(),
}

for (const [what, answer] of Object.entries(NO_YARDMASTER)) {
  test(`a server that answers ${what} is reported as none of ours`, async ({ yardmaster }) => {
    await withServer(answer, async (env) => {
      for (const args of [
        ['job', 'list'],
        ['job', 'get', '1'],
        ['pipeline', 'get', '1'],
        ['runner', 'get', '1'],
        ['job', 'log', '-f', '1'],
      ]) {
        const { status, stdout, stderr } = await yardmaster(args, { env })
        expect(stderr, args.join(' ')).not.toContain('This is a bug')
        expect(stderr).not.toContain('\u001b')
        expect(stdout).toBe('')
        expect(status, stderr).toBe(2)
      }
    })
  })
}

test('a server that never answers, and one that is not there, are given up', async ({ yardmaster }) => {
  await withServer(
    () => undefined,
    async (env) => {
      const { status, stderr } = await yardmaster(['job', 'list', '--timeout', '0.5'], { env })
      expect(stderr).toContain('did not answer within 0.5 s')
      expect(status).toBe(2)
    },
  )
  const env = { YARDMASTER_URL: 'http://127.0.0.1:1', YARDMASTER_TOKEN: 'x' }
  const { status, stderr } = await yardmaster(['job', 'list'], { env })
  expect(stderr).toContain('cannot be reached')
  expect(status).toBe(2)
})

test('an answer without an end is given up', async ({ yardmaster }) => {
  const endless: RequestListener = (_request, response) => {
    response.setHeader('Content-Type', 'application/json')
    const more = () => {
      while (!response.destroyed && response.write(' '.repeat(1_048_576))) {
        // Until the connection is full.
      }
    }
    response.on('drain', more)
    more()
  }
  await withServer(endless, async (env) => {
    const { status, stderr } = await yardmaster(['job', 'list', '--timeout', '600'], { env })
    expect(stderr).toContain('more than 64 MiB')
    expect(status).toBe(2)
  })
})

test('names cannot act on the terminal, in any form', async ({ yardmaster }) => {
  const hostile = '\u001b]0;x\u0007\u001b[31m\tt\nn\u009b2J\u202e end'
  const job = {
    ...{ id: 7, name: hostile, status: 'success', stage: hostile, pipelineId: 1, projectPath: hostile, ref: hostile },
    ...{ startedAt: null, finishedAt: null, createdAt: hostile, runnerDescription: hostile, failureDetail: hostile },
  }
  const answer: RequestListener = (request, response) =>
    (/jobs\.list/.test(request.url ?? '') ? data({ items: [job], nextCursor: null }) : data(job))(request, response)
  await withServer(answer, async (env) => {
    for (const args of [
      ['job', 'list'],
      ['job', 'get', '7'],
    ]) {
      for (const form of ['table', 'json', 'jsonl', 'name']) {
        const { status, stdout } = await yardmaster([...args, '-o', form], { env })
        expect(status).toBe(0)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there.
        expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
        if (form === 'json') expect([JSON.parse(stdout)].flat()[0]).toEqual(job)
      }
    }
    const { stdout } = await yardmaster(['job', 'list'], { env })
    expect(stdout.split('\n')).toHaveLength(3)
  })
  await withServer(
    json({ error: { message: hostile, code: -1, data: { refusal: { kind: 'x', fields: [] } } } }),
    async (env) => {
      const { status, stderr } = await yardmaster(['job', 'get', '7'], { env })
      expect(status).toBe(2)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there.
      expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    },
  )
})

test('a list that never ends is read only as far as asked', async ({ yardmaster }) => {
  const items = Array.from({ length: 10 }, (_, id) => ({ id, name: 'x', status: 'success', stage: 'test' }))
  await withServer(data({ items, nextCursor: 'again' }), async (env) => {
    const { stdout, status } = await yardmaster(['job', 'list', '-o', 'name', '--limit', '25'], { env })
    expect(status).toBe(0)
    expect(stdout.trim().split('\n')).toHaveLength(25)
  })
})
