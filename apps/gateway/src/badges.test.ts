import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from './testing/test-gateway.ts'

const SIGNED_IN = { headers: { Authorization: `Bearer ${ADMIN_TOKEN}` } }

let gateway: TestGateway
const projects = { public: 0, private: 0 }

beforeAll(async () => {
  gateway = await startTestGateway()
  const create = (input: object) => gateway.admin<{ id: number }>('mutation', 'projects.create', input)
  projects.public = (await create({ path: 'badge/public', publicBadges: true })).id
  projects.private = (await create({ path: 'badge/private', defaultBranch: 'trunk' })).id
})
afterAll(() => gateway[Symbol.asyncDispose]())

const OF_PUBLIC = '/badge/badge/public.svg'
const badge = (query = '', path = OF_PUBLIC) => gateway.call('GET', `${path}${query}`)

/** Runs a pipeline of one job to its end. */
async function run(
  projectId: number,
  state: 'success' | 'failed',
  { ref = 'main', coverage = null }: { ref?: string; coverage?: number | null } = {},
) {
  const { token } = await gateway.register()
  const job = await gateway.admin<{ id: number }>('mutation', 'jobs.create', {
    ...{ projectId, ref, name: 'sample', definition: { script: ['true'] } },
  })
  const { body } = await gateway.post('/jobs/request', { token })
  await gateway.call('PUT', `/api/v4/jobs/${job.id}`, { json: { token: (body as { token: string }).token, state } })
  if (coverage !== null) await gateway.services.traces.noteCoverage(job.id, coverage)
  await gateway.services.background.settle()
  const { pipelines } = gateway.services
  await pipelines.settle(await pipelines.ofJobs([job.id]))
}

describe('a public badge', () => {
  it('is an image of the state of a ref that needs no sign-in and may be cached', async () => {
    const unknown = await badge()
    expect(unknown.status).toBe(200)
    expect(unknown.headers).toMatchObject({
      ...{ 'content-type': 'image/svg+xml; charset=utf-8', 'cache-control': 'public, max-age=30' },
      ...{ 'x-content-type-options': 'nosniff', 'content-security-policy': expect.stringContaining('sandbox') },
    })
    expect(unknown.text).toMatch(/^<svg .*pipeline: unknown/)
    await run(projects.public, 'success', { coverage: 92.345 })
    expect((await badge()).text).toContain('pipeline: passed')
    expect((await badge('?kind=coverage')).text).toMatch(/coverage: 92\.3[45]%/)
    await run(projects.public, 'failed', { ref: 'topic/a&b' })
    expect((await badge('?ref=topic%2Fa%26b')).text).toContain('pipeline: failed')
    expect((await badge('?ref=topic%2Fa%26b&kind=coverage')).text).toContain('coverage: unknown')
    expect((await badge('?ref=main&kind=pipeline')).text).toContain('pipeline: passed')
  })

  it('is sent again only when it has changed', async () => {
    const { headers } = await badge()
    const again = await gateway.call('GET', OF_PUBLIC, { headers: { 'If-None-Match': headers.etag ?? '' } })
    expect([again.status, again.text]).toEqual([304, ''])
    const other = await gateway.call('GET', `${OF_PUBLIC}?kind=coverage`, {
      headers: { 'If-None-Match': headers.etag ?? '' },
    })
    expect(other.status).toBe(200)
    const head = await gateway.call('HEAD', OF_PUBLIC)
    expect([head.status, head.text, head.headers.etag]).toEqual([200, '', headers.etag])
  })

  it.each([
    ['?kind=tests', 'kind'],
    ['?kind=pipeline&kind=coverage', 'kind'],
    ['?ref=', 'ref'],
    ['?ref=a&ref=b', 'ref'],
    ['?ref=%00', 'ref'],
    [`?ref=${'x'.repeat(300)}`, 'ref'],
  ])('is refused for %s, with the field named', async (query, field) => {
    const { status, body } = await badge(query)
    expect(status).toBe(400)
    expect(body).toMatchObject({ refusal: { kind: 'input_invalid', fields: [{ path: field }] } })
  })
})

describe('any other badge', () => {
  it('needs a sign-in, and shows the default branch', async () => {
    const path = '/badge/badge/private.svg'
    const hidden = await badge('', path)
    expect(hidden.status).toBe(404)
    await run(projects.private, 'failed', { ref: 'main' })
    await run(projects.private, 'success', { ref: 'trunk' })
    const shown = await gateway.call('GET', path, SIGNED_IN)
    expect([shown.status, shown.headers['cache-control']]).toEqual([200, 'private, no-cache'])
    expect(shown.text).toContain('pipeline: passed')
    // Not even a wrong question tells whether there is such a project.
    for (const unknown of ['/badge/badge/none.svg', `${path}?kind=tests`, '/badge/badge/private', '/badge/.svg']) {
      const answer = await badge('', unknown)
      expect([unknown, answer.status, answer.text]).toEqual([unknown, 404, hidden.text])
    }
  })

  it('is not found at an odd address', async () => {
    const odd = ['/badge/%00.svg', '/badge/a%0Ab.svg', `/badge/${'x'.repeat(5_000)}.svg`, '/badge/..%2F.svg', '/badge']
    for (const path of odd) expect([path, (await gateway.call('GET', path, SIGNED_IN)).status]).toEqual([path, 404])
    expect((await gateway.call('GET', '/badge/%ff.svg')).status).toBe(400)
    const refused = await gateway.call('POST', OF_PUBLIC)
    expect([refused.status, refused.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })
})
