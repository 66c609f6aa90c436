import { describe, expect, it } from 'vitest'
import { ask, form, json, setUpDeclaredRoutes } from '../testing/declared-routes.ts'
import type { Call } from '../testing/test-gateway.ts'

setUpDeclaredRoutes()

describe('content types', () => {
  it.each([['application/json'], ['application/json; charset=utf-8'], ['APPLICATION/JSON ;x=y']])(
    'reads %s as JSON',
    async (type) => {
      const { body } = await ask('/declared', { body: '{"token":"ü"}', headers: { 'content-type': type } })
      expect(body).toEqual({ token: 'ü' })
    },
  )

  it('reads a body without a content type as JSON', async () => {
    expect((await ask('/declared', { body: '{"token":"t"}' })).body).toEqual({ token: 't' })
  })

  it('reads a form, with arrays and nested objects', async () => {
    const { body } = await form('token=a+b%C3%BC&tags[]=1&tags[]=2&info[version]=3&info[features][x]=false')
    expect(body).toEqual({ token: 'a bü', tags: ['1', '2'], info: { version: '3', features: { x: 'false' } } })
  })

  it('reads the fields of a multipart body like a form, even beside files', async () => {
    const fields = new FormData()
    fields.set('token', 'grüße & ü=%')
    fields.set('info[version]', '3')
    fields.set('any', 'x')
    fields.delete('any')
    fields.set('file', new Blob(['bytes']), 'a.zip')
    const sent = new Response(fields)
    const headers = { 'content-type': sent.headers.get('content-type') ?? '' }
    const { body } = await ask('/declared', { body: new Uint8Array(await sent.arrayBuffer()), headers })
    expect(body).toEqual({ token: 'grüße & ü=%', info: { version: '3' } })
  })

  it('does not accept a file as text', async () => {
    const body = '--b\r\nContent-Disposition: form-data; name="token"; filename="t"\r\n\r\nx\r\n--b--\r\n'
    const answer = await ask('/declared', { body, headers: { 'content-type': 'multipart/form-data; boundary=b' } })
    expect(answer.body).toEqual({ error: 'token is invalid' })
  })

  it.each([['multipart/form-data'], ['multipart/form-data; boundary=b']])(
    'answers 400 to a body that is not the %s it claims to be',
    async (type) => {
      const { status, body } = await ask('/declared', { body: 'token=t', headers: { 'content-type': type } })
      expect(status).toBe(400)
      expect(body).toEqual({ error: 'message body does not match declared format' })
    },
  )

  it('accepts text/plain without reading it', async () => {
    const { body } = await ask('/declared?token=q', {
      body: '{"token":"t"}',
      headers: { 'content-type': 'text/plain' },
    })
    expect(body).toEqual({ token: 'q' })
  })

  it.each([['application/xml; charset=utf-8'], ['application/octet-stream']])(
    'answers 415 to %s, naming the media type',
    async (type) => {
      const { status, body } = await ask('/declared', { body: 'x', headers: { 'content-type': type } })
      expect(status).toBe(415)
      expect(body).toEqual({ error: `The provided content-type '${type.split(';')[0]}' is not supported.` })
    },
  )

  it('reads an empty body of any content type as no parameters', async () => {
    for (const type of ['application/xml', 'application/json', 'multipart/form-data', 'image/png']) {
      expect((await ask('/declared?token=q', { headers: { 'content-type': type } })).body).toEqual({ token: 'q' })
    }
  })

  it.each([['null'], ['[]'], ['[{"token":"t"}]'], ['"token"'], ['5'], ['true']])(
    'reads the JSON body %s as no parameters',
    async (body) => {
      const answer = await ask('/declared?token=q', { body, headers: { 'content-type': 'application/json' } })
      expect(answer.body).toEqual({ token: 'q' })
    },
  )

  it.each([['{'], ['{"token":}'], ['nonsense'], ["{'token':'t'}"], ['{"token":"t"} x']])(
    'answers 400 to the malformed JSON %s',
    async (body) => {
      const answer = await ask('/declared', { body, headers: { 'content-type': 'application/json' } })
      expect(answer.status).toBe(400)
      expect(answer.headers['content-type']).toBe('application/json')
      expect(answer.body).toEqual({ error: 'message body does not match declared format' })
    },
  )

  it('returns parameters sent as JSON with their original types', async () => {
    const sent = { token: 5, last_update: null }
    expect((await ask('/received', { json: sent })).body).toEqual({ parameters: sent, json: sent })
    expect((await ask('/received', { body: '{"token":"t"}' })).body).toEqual({ parameters: { token: 't' }, json: null })
    expect((await ask('/received?token=q', { json: [] })).body).toEqual({ parameters: { token: 'q' }, json: null })
  })
})

describe('where parameters come from', () => {
  it.each([['POST'], ['PUT'], ['PATCH'], ['DELETE']])('reads the body of %s', async (method) => {
    expect((await ask('/declared', { json: { token: 't' } }, method)).body).toEqual({ token: 't' })
  })

  it('ignores the body of GET', async () => {
    expect((await ask('/declared', { json: { token: 't' } }, 'GET')).body).toEqual({ error: 'token is missing' })
  })

  it('reads the query beside a body, which takes precedence', async () => {
    const { body } = await ask('/declared?token=q&number=7', { json: { token: 't' } })
    expect(body).toEqual({ token: 't', number: 7 })
  })

  it('lets null in the body override the query, because the key is present', async () => {
    expect((await ask('/declared?number=7&token=q', { json: { number: null } })).body).toEqual({
      token: 'q',
      number: null,
    })
  })

  it('lets the path override body and query', async () => {
    const { body } = await ask('/demanding/5?id=6', { json: { id: 7, token: 't', system_id: 's', kind: 'a' } })
    expect(body).toMatchObject({ id: 5 })
  })

  it('takes the last of equal names', async () => {
    expect((await ask('/declared?token=a&token=b')).body).toEqual({ token: 'b' })
    expect((await form('token=a&token=b&info[version]=1&info[version]=2')).body).toEqual({
      token: 'b',
      info: { version: '2' },
    })
    expect((await ask('/declared', { body: '{"token":"a","token":"b"}' })).body).toEqual({ token: 'b' })
  })

  it('ignores undeclared parameters, at every level', async () => {
    const { body } = await json({ other: 1, info: { version: '1', more: [], config: { gpus: 'all', x: 1 } } })
    expect(body).toEqual({ token: 't', info: { version: '1', config: { gpus: 'all' } } })
  })

  it('does not read the body where a route takes it as bytes', async () => {
    const { body } = await ask('/query?token=q', { body: '{', headers: { 'content-type': 'application/xml' } })
    expect(body).toEqual({ token: 'q' })
  })

  it('is not confused by names of inherited properties', async () => {
    const { status } = await ask('/declared?__proto__[token]=x&constructor=y&token=t', {
      body: '{"__proto__":{"number":"x"},"toString":1}',
    })
    expect(status).toBe(200)
  })
})

describe('strings that cannot be stored', () => {
  const refused = async (call: Call, path = '/declared') => {
    const { status, headers, text } = await ask(path, call)
    expect({ status, type: headers['content-type'], text }).toEqual({
      status: 400,
      type: 'text/plain',
      text: 'Bad Request',
    })
  }
  const escaped = (body: string) => ({ body, headers: { 'content-type': 'application/json' } })
  const asForm = (body: string | Uint8Array) => ({
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })

  it('answers 400 in plain text to NUL up to the third level of a JSON body', async () => {
    await refused(escaped('{"token":"a\\u0000"}'))
    await refused(escaped('{"token":"t","info":{"version":"\\u0000"}}'))
    await refused(escaped('{"token":"t","info":{"config":{"gpus":"\\u0000"}}}'))
    await refused(escaped('{"token":"t","unknown":["a",["\\u0000"]]}'))
  })

  it('answers the same to such names, in JSON and forms', async () => {
    await refused(escaped('{"token":"t","a\\u0000":1}'))
    await refused(escaped('{"token":"t","info":{"\\ud83d":1}}'))
    await refused(escaped('{"token":"t","info":{"config":{"\\u0000":1}}}'))
    await refused(asForm('token=t&info[%00]=1'))
    await refused(asForm('token=t&a%00=1'))
  })

  it('does not check any deeper', async () => {
    const { status } = await ask('/declared', escaped('{"token":"t","any":{"a":{"b":{"c":"\\u0000"}}}}'))
    expect(status).toBe(200)
  })

  it('answers the same to half a surrogate pair and to bytes that are not UTF-8', async () => {
    await refused(escaped('{"token":"\\ud83d"}'))
    await refused({ body: Buffer.from('{"token":"\xff"}', 'latin1'), headers: { 'content-type': 'application/json' } })
  })

  it('accepts a whole pair, escaped or not', async () => {
    expect((await ask('/declared', escaped('{"token":"\\ud83d\\ude00😀"}'))).body).toEqual({ token: '😀😀' })
  })

  it('answers the same to forms', async () => {
    await refused(asForm('token=a%00'))
    await refused(asForm('token=%ff'))
    await refused(asForm('info[version]=%00'))
    await refused(asForm(Buffer.from('token=\xff', 'latin1')))
  })

  it('answers the same to multipart fields', async () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=b' }
    const field = (value: string) =>
      Buffer.from(`--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n${value}\r\n--b--\r\n`, 'latin1')
    await refused({ body: field('\xff'), headers })
    await refused({ body: field('\0'), headers })
  })
})

describe('large bodies', () => {
  it('are accepted up to 1 MiB, and answered with 413 beyond', async () => {
    const around = '{"token":""}'.length
    const body = (bytes: number) => JSON.stringify({ token: 'x'.repeat(bytes - around) })
    expect((await ask('/declared', { body: body(1_048_576) })).status).toBe(200)
    const { status, body: answer } = await ask('/declared', { body: body(1_048_577) })
    expect(status).toBe(413)
    expect(answer).toEqual({ message: '413 Request Entity Too Large' })
  })

  it('are answered with 413 without a declared length, too', async () => {
    const body = 'x'.repeat(2_000_000)
    const { status } = await ask('/declared', {
      body,
      headers: { 'transfer-encoding': 'chunked' },
    })
    expect(status).toBe(413)
  })
})
