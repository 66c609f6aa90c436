import { type Body, encode, multipart, pairs } from './bodies.ts'
import { PARAMETERS, tokenOf, UPLOAD_FIELDS } from './parameters.ts'
import { hostilePath, METHODS } from './paths.ts'
import { Random } from './random.ts'
import type { Procedure, Route, Surface } from './surface.ts'
import { fitting, hostileText, hostileValue } from './values.ts'
import { type Draft, damage, misleads, spell } from './wire.ts'
import type { World } from './world.ts'

/** A request as sent over the wire. */
export interface Request {
  /** A description for people. */
  readonly title: string
  readonly bytes: Buffer
  /** The sender hangs up, although more was announced. */
  readonly cut: boolean
  /** Whether its answer is a stream without an end. */
  readonly endless: boolean
  /** What it is for, if nothing about it is damaged; else null. */
  readonly intact: { readonly method: string; readonly path: string } | null
}

/** Returns the request with this number, always the same for a seed, except for the world's tokens and ids. */
export function requestOf(seed: number, index: number, surface: Surface, world: World): Request {
  const random = new Random(seed, index)
  const draft = random.chance(0.45)
    ? procedureDraft(random, world, random.pick(surface.procedures))
    : routeDraft(random, world, pickRoute(random, surface))
  const { bytes: whole, plain } = spell(random, draft)
  const damaged = damage(random, whole)
  const { bytes } = damaged
  // A request that announces more than it sends makes the receiver wait: it ends with its connection.
  const cut = damaged.cut || misleads(whole)
  const [path = ''] = draft.path.split('?', 1)
  return {
    title: `${draft.method} ${draft.path.slice(0, 120)}`,
    bytes,
    cut,
    endless: draft.endless ?? false,
    intact: plain && !cut ? { method: draft.method, path } : null,
  }
}

/** Picks any route; those with special bodies more often. */
function pickRoute(random: Random, { routes, plain, deep }: Surface): Route {
  const route = random.pick(random.chance(0.2) ? routes : random.chance(0.25) ? deep : plain)
  return COSTLY.has(route.path) && random.chance(0.95) ? random.pick(plain) : route
}

/** Routes almost without input, whose answers take as long as fifty refusals. */
const COSTLY = new Set(['/readyz', '/metrics'])

function procedureDraft(random: Random, world: World, { name, kind, input }: Procedure): Draft {
  // A refused change is parsed, too, but takes far less time than one that is carried out.
  const oddness = random.pick(kind === 'mutation' ? ODDNESS_OF_CHANGES : ODDNESS_OF_QUESTIONS)
  const value = random.chance(0.05) ? hostileValue(random) : fitting(random, world, input ?? {}, { oddness })
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

/** The share of requests with a token that exists; the others are read only as far as a stranger's. */
const KNOWN_SENDERS = 0.35

/** Probabilities that a member of an input violates its schema. */
const ODDNESS_OF_CHANGES = [0.03, 0.3, 0.5, 0.5]
const ODDNESS_OF_QUESTIONS = [0.03, 0.3, 0.5]

const procedureBody = (random: Random, value: unknown): Body =>
  random.chance(0.8)
    ? { type: 'application/json', bytes: Buffer.from(JSON.stringify(value) ?? '') }
    : encode(random, value)

const adminHeaders = (random: Random, world: World): string[] =>
  random.chance(0.9)
    ? [`Authorization: Bearer ${world.adminToken}`]
    : [`Cookie: ${world.cookie}`, `Sec-Fetch-Site: ${random.pick(['same-origin', 'cross-site', 'none'])}`]

function routeDraft(random: Random, world: World, route: Route): Draft {
  const method = route.method === 'ALL' || random.chance(0.05) ? random.pick(METHODS) : route.method
  const job = random.pick([...world.jobs, { id: 1, token: 'x' }])
  const known = random.chance(KNOWN_SENDERS)
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
  if (known)
    parameters.token = path.includes('/jobs/') && !path.endsWith('request') ? job.token : tokenOf(random, world)
  else if (random.chance(0.7)) delete parameters.token
  const headers = [
    ...(known && random.chance(0.8) ? [`JOB-TOKEN: ${job.token}`] : []),
    ...(known && random.chance(0.3) ? [`Runner-Token: ${world.runner?.token ?? ''}`] : []),
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
