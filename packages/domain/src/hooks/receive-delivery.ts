import { err, faultInLine, ok, type Result } from '@yardmaster/common'
import type { HookMalformed, HookRefused } from '../errors.ts'
import type { Services } from '../services.ts'
import { Slices } from '../slices.ts'
import { newOpaqueValue } from '../tokens.ts'
import { checkProof } from './check-proof.ts'
import type { HookPayload } from './delivery.ts'
import { readLines } from './forges/git.ts'
import { FORGES, type HookKind, readEvent } from './forges.ts'
import { formField } from './form-field.ts'
import { pickJson } from './pick-json.ts'
import { subjectsOf } from './subjects.ts'

/** A request of a forge. */
export interface HookRequest {
  /** Any number: that of an unknown project is answered like a wrong signature. */
  readonly projectId: number
  readonly kind: HookKind
  /** Returns the value of a header by its name in lower case. */
  header(name: string): string | undefined
  readonly body: Uint8Array
}

/** Wakes the processes that work on deliveries. */
export const HOOKS_TOPIC = 'hooks'

const LONGEST_EVENT = 100
const LONGEST_KEY = 255

/**
 * Stores what a forge sent, to be worked on later. One that was received before is only found again.
 *
 * @returns the id of the delivery; `hook_refused` for an unknown project, one without a secret, and a wrong signature or
 * token, which are the same to the sender; `hook_malformed` for a body that can't be read.
 */
export async function receiveDelivery(
  ports: Pick<Services, 'hooks' | 'events' | 'clock'>,
  request: HookRequest,
): Promise<Result<{ readonly id: number; readonly isNew: boolean }, HookRefused | HookMalformed>> {
  const { projectId, kind, body: bytes } = request
  const forge = FORGES[kind]
  const slices = new Slices()
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.header('content-type') ?? '')
  const inForm = isForm && forge.body === 'json' ? await slices.run(formField(bytes, 'payload')) : null
  const json = inForm ?? bytes
  const secret = await ports.hooks.secret(projectId)
  const header = (name: string) => request.header(name)
  const isRight = await checkProof(forge, secret, { header, bytes, json }, ports.clock.now())
  if (!isRight) return err({ kind: 'hook_refused' })

  const text = textOf(json)
  if (text === null) return err({ kind: 'hook_malformed', reason: 'The body is not UTF-8.' })
  const body = forge.body === 'json' ? await bodyOf(text, kind, slices) : readLines(text)
  if (!isObject(body)) return err({ kind: 'hook_malformed', reason: EXPECTED[forge.body] })
  const event = lineOf(first(header, forge.eventHeaders) ?? 'push', LONGEST_EVENT) ?? 'unknown'
  const payload: HookPayload = { event, body }
  const added = await ports.hooks.add({
    ...{ projectId, kind, event, payload },
    // Without one it can't be recognised when it is repeated.
    key: lineOf(first(header, forge.keyHeaders) ?? '', LONGEST_KEY) ?? `unnamed-${newOpaqueValue()}`,
    subjects: subjectsOf(readEvent(kind, event, body)),
  })
  if (!added) return err({ kind: 'hook_refused' })
  if (added.isNew) await ports.events.publish(HOOKS_TOPIC)
  return ok(added)
}

const EXPECTED = {
  json: 'The body is not a JSON object.',
  lines: 'A line of the body is neither "<old> <new> <ref>" nor "option <text>".',
} as const

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

async function bodyOf(text: string, kind: HookKind, slices: Slices): Promise<unknown> {
  try {
    return await slices.run(pickJson(text, FORGES[kind].fields))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const isObject = (value: unknown): value is HookPayload['body'] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const first = (header: HookRequest['header'], names: readonly string[]): string | undefined =>
  names.map(header).find((value) => value !== undefined && value !== '')

const lineOf = (text: string, longest: number): string | null =>
  text.length > longest || faultInLine(text) !== null ? null : text
