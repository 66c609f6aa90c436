import { type Body, encode, multipart, pairs } from './bodies.ts'
import { Random } from './random.ts'
import type { Procedure, Route, Surface } from './surface.ts'
import { fitting, hostileText, hostileValue } from './values.ts'
import type { World } from './world.ts'

/** One request as it goes over the wire. */
export interface Request {
  /** What it was meant to be, for people. */
  readonly title: string
  readonly bytes: Buffer
  /** Nothing follows though more was announced: the sender has hung up. */
  readonly cut: boolean
  /** Its answer does not end by itself. */
  readonly endless: boolean
}

interface Draft {
  readonly method: string
  readonly path: string
  readonly headers: readonly string[]
  readonly body: Body
  readonly endless?: boolean
}

/** Parameters of the runner protocol; each request has some. */
const PARAMETERS: Readonly<Record<string, (random: Random, world: World) => unknown>> = {
  token: (random, world) => tokenOf(random, world),
  system_id: (random) => `s_${random.below(9)}`,
  last_update: (_, world) => world.runner?.lastUpdate ?? 'x',
  job_age: (random) => random.below(100),
  info: () => ({ name: 'gitlab-runner', version: '18.5.0', features: { cancelable: true }, config: { gpus: '' } }),
  session: () => ({ url: 'https://127.0.0.1:9/', certificate: '', authorization: 'x' }),
  state: (random) => random.pick(['running', 'running', 'running', 'success', 'failed']),
  failure_reason: (random) => random.pick(['script_failure', 'unknown', 'x']),
  exit_code: (random) => random.pick([0, 1, -1, 4_294_967_295]),
  checksum: (_, world) => `crc32:${world.checksum.toString(16)}`,
  output: (_, world) => ({ checksum: `crc32:${world.checksum.toString(16)}`, bytesize: 5 }),
  description: () => 'fuzz',
  tag_list: () => 'a,b',
  run_untagged: () => true,
  locked: () => false,
  paused: () => false,
  access_level: (random) => random.pick(['not_protected', 'ref_protected']),
  maximum_timeout: (random) => random.pick([600, 1, -1]),
  runner_type: (random) => random.pick(['instance_type', 'project_type', 'group_type']),
  project_id: (random, world) => random.pick(world.projectIds),
  private_token: (_, world) => world.adminToken,
  artifact_type: (random) => random.pick(['archive', 'junit', 'dotenv', 'annotations', 'metadata']),
  artifact_format: (random) => random.pick(['zip', 'gzip', 'raw']),
  expire_in: (random) => random.pick(['1 day', 'never', 'x']),
  accessibility: (random) => random.pick(['public', 'private']),
  filesize: (random) => random.below(1000),
  debug_trace: () => true,
  direct_download: (random) => random.chance(0.5),
  format: (random) => random.pick(['json', 'xml']),
}

const UPLOAD_FIELDS = ['artifact_type', 'artifact_format', 'expire_in', 'accessibility']

function tokenOf(random: Random, world: World): string {
  const job = random.pick([...world.jobs, undefined])
  return random.pick([world.runner?.token, world.registrationToken, job?.token, 'wrong', '']) ?? ''
}

/** Whether the headers say something else about where the body ends than is true, so that its receiver waits. */
function misleads(whole: Buffer): boolean {
  const end = whole.indexOf('\r\n\r\n')
  const framing =
    whole.toString('latin1', 0, end).match(/\r\n(?:content-length|transfer-encoding|expect|upgrade):.*/gi) ?? []
  const [only = ''] = framing
  const sent = whole.length - end - 4
  const announced = /content-length: (\d+)/i.exec(only)?.[1]
  return framing.length > 1 || (only !== '' && (announced === undefined ? sent === 0 : Number(announced) !== sent))
}

/** The request of this number: the same one for the same seed, but for the tokens and ids of the world it is sent to. */
export function requestOf(seed: number, index: number, surface: Surface, world: World): Request {
  const random = new Random(seed, index)
  const draft = random.chance(0.45)
    ? procedureDraft(random, world, random.pick(surface.procedures))
    : routeDraft(random, world, pickRoute(random, surface))
  const whole = spell(random, draft)
  const damaged = damage(random, whole)
  const { bytes } = damaged
  // One that announces more than there is waits for the rest: it ends with its connection.
  const cut = damaged.cut || misleads(whole)
  return { title: `${draft.method} ${draft.path.slice(0, 120)}`, bytes, cut, endless: draft.endless ?? false }
}

/** Any of them; those that take bodies of their own more often. */
function pickRoute(random: Random, { routes }: Surface): Route {
  if (random.chance(0.25)) return random.pick(routes)
  if (random.chance(0.4)) return random.pick(routes.filter(({ method, path }) => DEEP.includes(`${method} ${path}`)))
  return random.pick(routes.filter(({ method }) => method !== 'ALL'))
}

const DEEP = ['POST /api/v4/jobs/:id/artifacts', 'PATCH /api/v4/jobs/:id/trace', 'PUT /api/v4/jobs/:id']

function procedureDraft(random: Random, world: World, { name, kind, input }: Procedure): Draft {
  const value = random.chance(0.05) ? hostileValue(random) : fitting(random, world, input ?? {})
  const batch = random.chance(0.05)
  const path = `/trpc/${batch ? `${name},${name}` : random.chance(0.98) ? name : hostilePath(random)}`
  const sent = batch ? { 0: value, 1: value } : value
  const asQuery = kind === 'mutation' ? random.chance(0.05) : random.chance(0.95)
  const query = new URLSearchParams(batch ? { batch: '1' } : {})
  if (asQuery && sent !== undefined) query.set('input', JSON.stringify(sent)?.slice(0, 8000) ?? '')
  return {
    method: random.chance(0.03) ? random.pick(METHODS) : asQuery ? 'GET' : 'POST',
    path: query.size > 0 ? `${path}?${query}` : path,
    headers: random.chance(0.9) ? adminHeaders(random, world) : [],
    body: asQuery ? { type: null, bytes: Buffer.alloc(0) } : procedureBody(random, sent),
    endless: kind === 'subscription',
  }
}

const procedureBody = (random: Random, value: unknown): Body =>
  random.chance(0.8)
    ? { type: 'application/json', bytes: Buffer.from(JSON.stringify(value) ?? '') }
    : encode(random, value)

const adminHeaders = (random: Random, world: World): string[] =>
  random.chance(0.7)
    ? [`Authorization: Bearer ${world.adminToken}`]
    : [`Cookie: ${world.cookie}`, `Sec-Fetch-Site: ${random.pick(['same-origin', 'cross-site', 'none'])}`]

function routeDraft(random: Random, world: World, route: Route): Draft {
  const method = route.method === 'ALL' || random.chance(0.05) ? random.pick(METHODS) : route.method
  const job = random.pick([...world.jobs, { id: 1, token: 'x' }])
  let path = route.path
    .replace(
      ':id',
      random.chance(0.9)
        ? String(route.path.includes('runners') ? (world.runner?.id ?? 1) : job.id)
        : hostilePath(random),
    )
    .replace(':type', random.pick(['archive', 'junit', 'dotenv', hostilePath(random)]))
    .replace('*path', random.pick(['a.txt', 'dir/b.txt', 'dir', hostilePath(random)]))
  const names = Object.keys(PARAMETERS).filter(() => random.chance(0.35))
  const parameters = Object.fromEntries(
    names.map((name) => [name, random.chance(0.05) ? hostileValue(random) : PARAMETERS[name]?.(random, world)]),
  )
  if (random.chance(0.7))
    parameters.token = path.includes('/jobs/') && !path.endsWith('request') ? job.token : tokenOf(random, world)
  const headers = [
    ...(random.chance(0.6) ? [`JOB-TOKEN: ${job.token}`] : []),
    ...(random.chance(0.3) ? [`Runner-Token: ${world.runner?.token ?? ''}`] : []),
    ...(random.chance(0.3) ? [`PRIVATE-TOKEN: ${world.adminToken}`] : []),
    ...(/^\/(?:download|jobs|runners|projects|settings|$)/.test(path) && random.chance(0.8)
      ? adminHeaders(random, world)
      : []),
    ...(random.chance(0.3) ? [`Accept: ${random.pick(['text/html', 'application/json', '*/*', 'x'])}`] : []),
  ]
  const isUpload = /\/artifacts$/.test(path) && method === 'POST'
  if (/\/trace$/.test(path) && method === 'PATCH') return patchDraft(random, path, headers)
  if (isUpload) {
    if (random.chance(0.5))
      path += `?${new URLSearchParams(pairs(pickFrom(parameters, UPLOAD_FIELDS)).filter(wellFormed))}`
    return { method, path, headers, body: uploadBody(random, world, parameters) }
  }
  if (method === 'GET' || method === 'HEAD' || random.chance(0.1)) {
    const query = new URLSearchParams(pairs(parameters).filter(wellFormed)).toString()
    path += `${path.includes('?') ? '&' : '?'}${random.chance(0.9) ? query : hostilePath(random)}`
  }
  const withBody = method !== 'GET' || random.chance(0.05)
  return { method, path, headers, body: withBody ? encode(random, parameters) : { type: null, bytes: Buffer.alloc(0) } }
}

const wellFormed = (pair: [string, string]): boolean => pair.every((text) => text.isWellFormed())
const pickFrom = (from: Readonly<Record<string, unknown>>, names: readonly string[]) =>
  Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]))

function patchDraft(random: Random, path: string, headers: readonly string[]): Draft {
  const length = random.below(200)
  const start = random.pick([0, 0, 5, random.below(500), 2 ** 31, 2 ** 53])
  const range = random.chance(0.9)
    ? `${start}-${start + length - 1}`
    : hostileText(random)
        .replace(/[^ -~]/g, '?')
        .slice(0, 200)
  const log = random.chance(0.5) ? `\x1b[0Ksection_start:1:a\r${'x'.repeat(length)}\n` : random.bytes(length)
  return {
    method: 'PATCH',
    path,
    headers: [...headers, ...(random.chance(0.95) ? [`Content-Range: ${range}`] : [])],
    body: { type: random.pick(['text/plain', null, 'application/json']), bytes: Buffer.from(log as string) },
  }
}

function uploadBody(random: Random, world: World, parameters: Readonly<Record<string, unknown>>): Body {
  const fields = pairs(pickFrom(parameters, UPLOAD_FIELDS)).map(([name, content]) => ({ name, content }))
  const content = random.pick([
    world.archive,
    world.report,
    random.bytes(random.below(300)),
    world.archive.subarray(0, 40),
  ])
  const file = { name: 'file', filename: random.chance(0.9) ? 'artifacts.zip' : 'ünï 日本.zip', content }
  const parts = random.chance(0.95) ? [...fields] : []
  parts.splice(random.below(parts.length + 1), 0, ...(random.chance(0.95) ? [file as never] : []))
  return multipart(random, parts)
}

const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'QUERY',
  'BREW',
]

function hostilePath(random: Random): string {
  return random.pick([
    ...[
      '%',
      '%zz',
      '%00',
      '%ff',
      '%ED%A0%80',
      '..%2f..%2fetc',
      '%2e%2e',
      '//',
      '.',
      '..',
      '-1',
      '0',
      '99999999999999999999',
    ],
    ...[
      '1.json',
      '1.xml',
      'a;b=c',
      '%F0%9F%99%82',
      '__proto__',
      'constructor',
      'a'.repeat(3000),
      '1%2F2',
      '\xff',
      'x,y',
      '?',
      '&&==&',
    ],
  ])
}

const ODD_HEADERS = [
  ...[
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip',
  ],
  ...[
    'Transfer-Encoding: chunked, identity',
    'Expect: 100-continue',
    'Expect: nothing',
    'Upgrade: websocket',
    'Connection: upgrade',
  ],
  ...[
    'Host: ',
    'Host: a b',
    'Host: :::',
    'Host: [',
    'X-Forwarded-For: ,,,::1,,',
    `X-Forwarded-For: ${'1.2.3.4,'.repeat(500)}`,
  ],
  ...[
    'X-Request-Id: \x01',
    'Range: bytes=0-',
    'Range: bytes=-1',
    'Range: bytes=5-1,2-3',
    'If-None-Match: *',
    'If-Modified-Since: never',
  ],
  ...[
    'If-Range: W/"x"',
    'If-Unmodified-Since: x',
    'Accept-Encoding: br;q=x',
    'Authorization: Basic AA==',
    'Authorization: Basic /////w==',
  ],
  ...[
    'Authorization: Bearer ',
    'Cookie: yardmaster_session=%00; ;=;',
    'Last-Event-ID: -1',
    'Origin: null',
    'trpc-accept: application/jsonl',
  ],
  ...[
    'Content-Encoding: gzip',
    'no colon',
    ': x',
    'X: \x00',
    '\xffX: y',
    ...Array.from({ length: 3 }, () => `X-Many: ${'a'.repeat(4000)}`),
  ],
]

/** The bytes of a request, with headers that do not fit it at times. */
function spell(random: Random, { method, path, headers, body }: Draft): Buffer {
  const chunked = body.bytes.length > 0 && random.chance(0.2)
  const framing = chunked
    ? ['Transfer-Encoding: chunked']
    : body.bytes.length > 0 || random.chance(0.3)
      ? [`Content-Length: ${body.bytes.length}`]
      : []
  const odd = random.chance(0.12) ? [random.pick(ODD_HEADERS)] : []
  if (random.chance(0.005)) odd.push(...Array.from({ length: 3000 }, (_, at) => `H${at}: x`))
  const lines = [
    `${method} ${path.replaceAll(' ', '+')} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...(body.type === null ? [] : [`Content-Type: ${body.type}`]),
    ...headers,
    ...framing,
    ...odd,
  ]
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return Buffer.concat([head, chunked ? inChunks(random, body.bytes) : body.bytes])
}

function inChunks(random: Random, bytes: Buffer): Buffer {
  const pieces: Buffer[] = []
  const size = random.pick([1, 7, 1000])
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size)
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'))
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')])
}

/** Cuts the request off somewhere, or changes some of its bytes; most are left as they are. */
function damage(random: Random, whole: Buffer): { bytes: Buffer; cut: boolean } {
  const kind = random.below(20)
  const at = random.below(whole.length)
  if (kind === 0) return { bytes: whole.subarray(0, at), cut: true }
  if (kind === 1) {
    const bytes = Buffer.from(whole)
    for (let flips = 1 + random.below(4); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256)
    return { bytes, cut: true }
  }
  if (kind === 2)
    return {
      bytes: Buffer.concat([whole.subarray(0, at), random.bytes(1 + random.below(8)), whole.subarray(at)]),
      cut: true,
    }
  return { bytes: whole, cut: false }
}
