import { TRPCError } from '@trpc/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { describeRefusal } from '../refusals.ts'
import { ADMIN_TOKEN, startTestGateway, type TestGateway } from '../testing/test-gateway.ts'
import { leavesOf, type Place, sampleOf, withValue } from './input-leaves.ts'
import { refusalIn } from './refused.ts'
import { appRouter } from './router.ts'

interface Procedure {
  readonly type: 'query' | 'mutation' | 'subscription'
  readonly inputs: readonly z.ZodType[]
}

const procedures = Object.entries(
  appRouter._def.procedures as unknown as Record<string, { readonly _def: Procedure }>,
).map(([name, { _def }]) => ({ name, ..._def, input: _def.inputs[0] }))

type Leaf = (typeof leaves)[number]

const leaves = procedures.flatMap(({ name, type, input }) =>
  input === undefined ? [] : leavesOf(input).map((leaf) => ({ name, type, input, ...leaf })),
)

let gateway: TestGateway
/** Ids of existing things, so that an input gets as far as the stores. */
const numbers: Record<string, number> = {}

beforeAll(async () => {
  gateway = await startTestGateway()
  const project = await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: 'yard/hostile' })
  const job = await gateway.admin<{ id: number }>('mutation', 'jobs.create', {
    projectId: project.id,
    name: 'sample',
    definition: { script: ['true'] },
  })
  Object.assign(numbers, { projectId: project.id, jobId: job.id, deliveryId: 1, groupId: 1 })
})
afterAll(() => gateway[Symbol.asyncDispose]())

interface Refusal {
  readonly message: string
  readonly data: { readonly httpStatus: number }
}

/** Returns what a subscription sends first after its greeting: null for an event, or the refusal. */
async function firstEvent(answer: Response): Promise<Refusal | null> {
  let text = ''
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString()
    const refused = /event: serialized-error\ndata: (.*)\n/.exec(text)?.[1]
    if (refused !== undefined) return JSON.parse(refused) as Refusal
    if (/^id: |\ndata: \{(?!\})/m.test(text.replace('event: connected\ndata: {}\n', ''))) return null
  }
  return null
}

interface Answered {
  readonly status: number
  readonly message: string
}

async function ask({ name, type }: Leaf, input: unknown): Promise<Answered> {
  const headers: Record<string, string> = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const text = JSON.stringify(input)
  const isMutation = type === 'mutation'
  const question = isMutation ? '' : `?input=${encodeURIComponent(text)}`
  const over = new AbortController()
  const answer = await fetch(`${gateway.url}/trpc/${name}${question}`, {
    method: isMutation ? 'POST' : 'GET',
    headers: { ...headers, ...(isMutation && { 'content-type': 'application/json' }) },
    ...(isMutation && { body: text }),
    signal: over.signal,
  })
  if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
    const refusal = await firstEvent(answer)
    over.abort()
    return { status: refusal?.data.httpStatus ?? answer.status, message: refusal?.message ?? '' }
  }
  const body = (await answer.json().catch(() => null)) as { error?: { message: string } } | null
  return { status: answer.status, message: body?.error?.message ?? '' }
}

/** Returns the refusal of an input that does not fit its schema; null when it fits. */
function refusedBySchema({ input: schema }: Leaf, input: unknown): Answered | null {
  const { error: cause } = schema.safeParse(JSON.parse(JSON.stringify(input)))
  if (!cause) return null
  const { sentence } = describeRefusal(refusalIn(new TRPCError({ code: 'BAD_REQUEST', cause })))
  return { status: 400, message: sentence }
}

/** Asks only what gets past the schema: a test of its own proves that the others are refused as the schema says. */
const answerTo = async (leaf: Leaf, input: unknown): Promise<Answered> =>
  refusedBySchema(leaf, input) ?? (await ask(leaf, input))

/** Returns the name of the field as it appears in refusals. */
const fieldOf = (place: Place): string => String(place[0])

const hostile = ({ input, place }: Leaf, value: unknown): unknown =>
  withValue(sampleOf(input, place, numbers), place, value)

/** Texts of a configuration, which the compiler judges. */
const FREE_TEXTS: ReadonlySet<string> = new Set(['content', 'files', 'inputs'])

describe('every procedure of the admin API', () => {
  it('is covered, with its texts and numbers', () => {
    expect(procedures.length).toBeGreaterThan(45)
    expect(leaves.filter(({ kind }) => kind !== 'number').length).toBeGreaterThan(40)
    expect(leaves.filter(({ kind }) => kind === 'number').length).toBeGreaterThan(60)
  })

  it('accepts a sample of its input, so that the refusals below are due to the inserted value', () => {
    for (const { input, place } of leaves)
      expect(input.safeParse(sampleOf(input, place, numbers)).error).toBe(undefined)
  })

  it('refuses what does not fit a schema as the schema says', async () => {
    for (const leaf of leaves) {
      if (leaf.kind === 'any') continue
      const unfit = hostile(leaf, leaf.kind === 'string' ? '\0' : 'x')
      const refused = refusedBySchema(leaf, unfit)
      expect({ ...leaf, refused }).toMatchObject({ refused: { status: 400 } })
      expect({ ...leaf, answered: await ask(leaf, unfit) }).toEqual({ ...leaf, answered: refused })
    }
  })

  it('refuses NUL and half a surrogate pair in every text, and names the field', async () => {
    for (const leaf of leaves) {
      const { name, place, kind } = leaf
      if (kind === 'number') continue
      for (const value of ['\0', 'a\0b', '\ud83d', 'a\udc00']) {
        const { status, message } = await answerTo(leaf, hostile(leaf, kind === 'any' ? [value] : value))
        expect({ name, place, status }).toEqual({ name, place, status: 400 })
        expect(message).toContain(fieldOf(place))
      }
    }
  })

  it('refuses names of nothing but blanks, with line breaks or with characters that hide what they say', async () => {
    const inMany = new Set(['maintenanceNote', 'mergeRequest.description'])
    // What a variable holds, and what a query looks for, may be anything.
    const looksFor = ({ name, place }: Leaf) => name.endsWith('.changeMatching') && fieldOf(place) !== 'progress'
    const free = (leaf: Leaf) =>
      leaf.type !== 'mutation' || looksFor(leaf) || leaf.place.at(-1) === 'value' || FREE_TEXTS.has(fieldOf(leaf.place))
    const unfit = ['  ', '\u200b\u2060', '\u3164', 'a\u202eb', 'a\u2066b', 'a\u200fb', 'a\u0007b', 'a\u0085b', '\ufeff']
    for (const leaf of leaves) {
      const { name, place, kind } = leaf
      if (kind !== 'string' || free(leaf)) continue
      for (const value of inMany.has(place.join('.')) ? unfit : [...unfit, 'a\nb', 'a\r\nb', 'a\tb', 'a\u2028b']) {
        const { status, message } = await answerTo(leaf, hostile(leaf, value))
        expect({ name, place, value, status }).toEqual({ name, place, value, status: 400 })
        expect(message).toContain(fieldOf(place))
      }
    }
  })

  it('never answers 5xx to any text', async () => {
    const texts = [
      '',
      ' ',
      '\n',
      '\u001b[31m',
      '\u202egnp.exe',
      '\u200b',
      '\ufeff',
      '-1',
      '99999999999',
      '%00',
      '\\u0000',
    ]
    for (const leaf of leaves) {
      const { name, place, kind } = leaf
      if (kind !== 'string') continue
      for (const value of texts) {
        const { status, message } = await answerTo(leaf, hostile(leaf, value))
        expect({ name, place, value, message, broken: status >= 500 }).toMatchObject({ broken: false })
      }
    }
  })

  it('never answers 5xx to a text of any length', async () => {
    for (const leaf of leaves) {
      const { name, type, place, kind } = leaf
      if (kind === 'number') continue
      // The input of a query is part of its URL, which can't be longer.
      const value = 'x'.repeat(type === 'mutation' ? 1_048_576 : 12_000)
      const { status, message } = await answerTo(leaf, hostile(leaf, kind === 'any' ? [value] : value))
      expect({ name, place, broken: status >= 500 }).toEqual({ name, place, broken: false })
      expect(message.length).toBeLessThan(10_000)
    }
  })

  it('never answers 5xx to any number', async () => {
    const numbersToTry = [0, -1, 0.5, -0, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e100, -1e308, null, '1']
    for (const leaf of leaves) {
      const { name, place, kind } = leaf
      if (kind !== 'number') continue
      for (const value of numbersToTry) {
        const { status, message } = await answerTo(leaf, hostile(leaf, value))
        expect({ name, place, value, message, broken: status >= 500 }).toMatchObject({ broken: false })
      }
    }
  })

  it('refuses impossible ids and cursors', async () => {
    for (const leaf of leaves) {
      const { name, place, kind } = leaf
      const field = String(place.at(-1))
      const isLong = field === 'deliveryId' || field === 'lastEventId' || name === 'commitStatuses.resend'
      const isId = kind === 'number' && /^(?:id|.*Id)$/.test(field) && !isLong
      const isCursor = field === 'cursor' && name !== 'artifacts.browse'
      if (!isId && !isCursor) continue
      for (const beyond of isId ? [2 ** 31, -1, 0, 1.5] : ['9007199254740993', '-1', '1e3', 'x']) {
        const { status, message } = await answerTo(leaf, hostile(leaf, beyond))
        expect({ name, place, beyond, status }).toEqual({ name, place, beyond, status: 400 })
        expect(message).toContain(fieldOf(place))
      }
    }
  })
})
