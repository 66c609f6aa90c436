import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'
import { labelOf } from './routes.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startTestGateway({ policy: { externalUrl: 'https://ci.example/sub' } })
})
afterAll(() => gateway[Symbol.asyncDispose]())

const call: TestGateway['call'] = (...given) => gateway.call(...given)

describe('paths below /api', () => {
  it('are the same with a trailing slash and with the suffix .json', async () => {
    const { token } = await gateway.register()
    for (const path of ['/verify', '/verify/', '/verify.json', '/verify.json/']) {
      expect((await gateway.post(`/runners${path}`, { token })).status).toBe(200)
    }
    expect((await gateway.post(`/runners/verify.json?token=${token}`, {})).status).toBe(200)
  })

  it('answer below the prefix of the external address as well', async () => {
    const { token } = await gateway.register()
    expect((await call('POST', '/sub/api/v4/runners/verify', { json: { token } })).status).toBe(200)
  })

  it.each([
    '/api/v4/runners/verify.xml',
    '/api/v4/runners/verify//',
    '/api/v4/jobs/5.xml',
    '/api/v4/Runners/verify',
    '/api/V4/runners/verify',
    '/api/v4/nothing',
    '/api/v4',
    '/api/v4/',
    '/api/v5/runners',
    '/api',
    '/api/',
  ])('answer 404 at %s', async (path) => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, headers, body } = await call(method, path)
      expect({ method, status, body }).toEqual({ method, status: 404, body: { error: '404 Not Found' } })
      expect(headers['content-type']).toBe('application/json')
    }
  })

  it('answer 404 outside of /api', async () => {
    expect((await call('POST', '/apiv4/runners')).status).toBe(404)
    expect((await call('POST', '/API/v4/runners')).status).toBe(404)
  })

  it.each([
    ['PATCH', '/api/v4/runners', 'OPTIONS, POST, DELETE, GET, HEAD'],
    ['PUT', '/api/v4/runners/managers', 'OPTIONS, DELETE, GET, HEAD'],
    ['GET', '/api/v4/user/runners', 'OPTIONS, POST'],
    ['POST', '/api/v4/runners/router/discovery/', 'OPTIONS, GET, HEAD'],
    ['GET', '/api/v4/jobs/5', 'OPTIONS, PUT'],
    ['PUT', '/api/v4/jobs/5/trace.json', 'OPTIONS, PATCH'],
  ])('answer 405 to %s %s, with the allowed methods', async (method, path, allow) => {
    const { status, headers, body } = await call(method, path)
    expect(status).toBe(405)
    expect(body).toEqual({ error: '405 Not Allowed' })
    expect(headers).toMatchObject({ allow, 'content-type': 'application/json' })
  })

  it('answer 204 to OPTIONS, with the allowed methods', async () => {
    const { status, headers, text } = await call('OPTIONS', '/api/v4/runners/reset_authentication_token')
    expect(status).toBe(204)
    expect(text).toBe('')
    expect(headers.allow).toBe('OPTIONS, POST, GET, HEAD')
  })

  it('answer HEAD as GET, without a body', async () => {
    const { status, text } = await call('HEAD', '/api/v4/runners/router/discovery')
    expect(status).toBe(403)
    expect(text).toBe('')
  })

  it.each(['/api/v3', '/api/v3/', '/api/v3/runners/verify', '/api/v3/anything.xml'])(
    'answer 410 at %s',
    async (path) => {
      const { status, body, headers } = await call('POST', path)
      expect(status).toBe(410)
      expect(body).toEqual({ error: 'API V3 is no longer supported. Use API V4 instead.' })
      expect(headers['content-type']).toBe('application/json')
    },
  )

  it.each(['/api/v4/runners', '/api/v4/runners/', '/api/v4/runners/5', '/api/v4/runners/verify'])(
    'answer 401 to GET %s, which belongs to an API that is not offered',
    async (path) => {
      const { status, body } = await call('GET', path)
      expect(status).toBe(401)
      expect(body).toEqual({ message: '401 Unauthorized' })
    },
  )
})

describe('the metrics label of a request', () => {
  it.each([
    ['POST', '/api/v4/jobs/request', 'job_request'],
    ['PUT', '/api/v4/jobs/7', 'job_update'],
    ['PATCH', '/sub/api/v4/jobs/7/trace', 'trace_patch'],
    ['POST', '/api/v4/jobs/7/artifacts', 'artifact_upload'],
    ['GET', '/api/v4/jobs/7/artifacts', 'artifact_download'],
    ['POST', '/api/v4/jobs/7/artifacts/authorize', 'runner_api'],
    ['PATCH', '/api/v4/jobs/7', 'runner_api'],
    ['GET', '/api/admin/v1/jobs/7', null],
  ])('for %s %s is %j', (method, path, label) => {
    expect(labelOf(method, path)).toBe(label)
  })
})

describe('answers', () => {
  it('are JSON, even if the client accepts something else', async () => {
    const { headers, status } = await call('POST', '/api/v4/runners', { headers: { accept: 'text/html' } })
    expect(status).toBe(400)
    expect(headers['content-type']).toBe('application/json')
  })

  it('forbid caching and sniffing, and carry no ETag', async () => {
    for (const path of ['/api/v4/runners/verify', '/api/v4/nothing', '/api/v3/x']) {
      const { headers } = await call('POST', path, { json: { token: 'x' } })
      expect(headers['cache-control']).toBe('max-age=0, private, must-revalidate')
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers.etag).toBeUndefined()
      expect(headers['x-powered-by']).toBeUndefined()
    }
  })

  it('repeat a well-formed request id, and replace any other', async () => {
    const answered = async (id?: string) =>
      (await call('POST', '/api/v4/runners', id === undefined ? {} : { headers: { 'X-Request-Id': id } })).headers[
        'x-request-id'
      ]
    expect(await answered('0123456789abcdef0123456789abcdef')).toBe('0123456789abcdef0123456789abcdef')
    expect(await answered()).toMatch(/^[A-Za-z0-9_-]{1,128}$/)
    expect(await answered('a b')).toMatch(/^[A-Za-z0-9_-]{1,128}$/)
    expect(await answered('x'.repeat(129))).not.toBe('x'.repeat(129))
  })

  it.each(['xml', 'html', 'JSON'])('are refused with 406 in the format %s', async (format) => {
    const { status, body } = await call('POST', `/api/v4/runners?format=${format}`)
    expect(status).toBe(406)
    expect(body).toEqual({ error: `The requested format '${format}' is not supported.` })
  })

  it.each(['json', 'txt'])('are sent to a client that asks for %s', async (format) => {
    expect((await call('POST', `/api/v4/runners?format=${format}`)).status).toBe(400)
  })

  it('are the same for any user agent, or none', async () => {
    const { token } = await gateway.register()
    for (const agent of [
      'gitlab-ci-multi-runner 1.0',
      'gitlab-runner 16.11.0 (16-11-stable; go1.21.9; linux/amd64)',
      'curl',
    ]) {
      const headers = { 'User-Agent': agent }
      expect((await gateway.post('/runners/verify', { token }, headers)).status).toBe(200)
    }
  })
})

describe('malformed strings', () => {
  it.each([
    '/api/v4/runners?token=%00',
    '/api/v4/runners?a%00=1',
    '/api/v4/runners?info[%00]=1',
    '/api/v4/runners?token=%ff',
    '/api/v4/runners?info[config][gpus]=%00',
    '/api/v4/runners?token=%zz',
    '/api/v4/nothing%00',
    '/api/v4/jobs/%ff',
    '/api/v4/jobs/%C3%28/trace',
    '/api/v3/%00',
  ])('are answered with 400 in plain text before routing: %s', async (path) => {
    const { status, text, headers } = await call('POST', path)
    expect({ status, text, type: headers['content-type'] }).toEqual({
      status: 400,
      text: 'Bad Request',
      type: 'text/plain',
    })
  })

  it('are found in basic credentials', async () => {
    const basic = (credentials: string) => ({
      headers: { authorization: `Basic ${Buffer.from(credentials, 'latin1').toString('base64')}` },
    })
    expect((await call('GET', '/api/v4/runners', basic('user:\0'))).text).toBe('Bad Request')
    expect((await call('GET', '/api/v4/runners', basic('user:\xff'))).text).toBe('Bad Request')
    expect((await call('GET', '/api/v4/runners', basic('user:password'))).status).toBe(401)
  })

  it('are found in raw bytes of the request line', async () => {
    const answer = await raw('GET /api/v4/runners?x=\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('are refused before an unknown token in a body', async () => {
    const { status, text } = await gateway.call('POST', '/api/v4/runners/verify', { body: '{"token":"\\u0000"}' })
    expect([status, text]).toEqual([400, 'Bad Request'])
  })

  it('do not include well-formed Unicode', async () => {
    const { status } = await call('POST', '/api/v4/runners/verify?token=gr%C3%BC%C3%9Fe%F0%9F%98%80')
    expect(status).toBe(403)
  })
})

describe('maintenance', () => {
  const maintain = (maintenance: boolean) => gateway.admin('mutation', 'settings.update', { maintenance })
  afterEach(() => maintain(false))

  it.each([
    ['POST', '/runners'],
    ['DELETE', '/runners'],
    ['POST', '/runners/verify'],
    ['DELETE', '/runners/managers'],
    ['POST', '/runners/reset_authentication_token'],
    ['POST', '/runners/1/reset_authentication_token'],
    ['POST', '/user/runners'],
    ['GET', '/runners/router/discovery'],
    ['PUT', '/jobs/abc'],
    ['PATCH', '/jobs/1/trace'],
  ])('answers 429 to %s %s before anything is validated', async (method, path) => {
    await maintain(true)
    const { status, body, headers } = await call(method, `/api/v4${path}`)
    expect(status).toBe(429)
    expect(headers['retry-after']).toBe('60')
    expect(body).toEqual({ message: 'Executing database migrations. Please retry later.' })
  })

  it('does not hide errors in a path, a body or a string', async () => {
    await maintain(true)
    expect((await call('POST', '/api/v4/nothing')).status).toBe(404)
    expect((await call('POST', '/api/v4/user/runners', { body: '{' })).status).toBe(400)
    expect((await call('POST', '/api/v4/runners?token=%00')).status).toBe(400)
    const xml = { body: 'x', headers: { 'content-type': 'application/xml' } }
    expect((await call('POST', '/api/v4/runners', xml)).status).toBe(415)
    expect((await call('POST', '/api/v4/runners', { body: 'x'.repeat(1_048_577) })).status).toBe(413)
  })

  it('is over when it is switched off', async () => {
    await maintain(true)
    await maintain(false)
    expect((await call('POST', '/api/v4/runners')).status).toBe(400)
  })
})

describe('the body of a request for work', () => {
  const poll = (bytes: number) => {
    const around = '{"token":""}'.length
    return call('POST', '/api/v4/jobs/request', { json: { token: 'x'.repeat(bytes - around) } })
  }

  it('may be 32 KiB long', async () => {
    expect((await poll(32_768)).status).toBe(403)
  })

  it('is answered with 413 in plain text beyond that', async () => {
    const { status, text, headers } = await poll(32_769)
    expect([status, text, headers['content-type']]).toEqual([413, 'Request Entity Too Large', 'text/plain'])
  })
})

describe('order of processing', () => {
  it('validates before it authenticates', async () => {
    const { status, body } = await gateway.post('/runners', { token: 'unknown', paused: 'maybe' })
    expect(status).toBe(400)
    expect(body).toEqual({ error: 'paused is invalid' })
  })

  it('validates ids before it authenticates', async () => {
    const { status, body } = await call('POST', '/api/v4/runners/abc/reset_authentication_token')
    expect(status).toBe(400)
    expect(body).toEqual({ error: 'id is invalid' })
  })

  it('never answers 5xx to odd input', async () => {
    const odd = ['null', '{}', '[]', '{"token":{}}', '{"token":1e999}', '{"token":"x","info":{"features":5}}', '', '\0']
    const paths = [
      '/runners',
      '/runners/verify',
      '/runners/managers',
      '/user/runners',
      '/runners/-1/reset_authentication_token',
    ]
    for (const path of paths) {
      for (const body of odd) {
        for (const method of ['POST', 'DELETE']) {
          const headers = { 'PRIVATE-TOKEN': ADMIN_TOKEN, 'content-type': 'application/json' }
          const { status } = await call(method, `/api/v4${path}`, { body, headers })
          expect({ path, body, method, ok: status < 500 }).toEqual({ path, body, method, ok: true })
        }
      }
    }
  })
})

/** Sends bytes that no HTTP client would send, and returns the answer. */
function raw(latin1: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1')
  socket.on('data', (text) => {
    answer += text
  })
  socket.on('end', () => resolve(answer))
  socket.on('error', reject)
  socket.write(latin1, 'latin1')
  return promise
}
