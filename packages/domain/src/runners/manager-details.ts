import { isDeepStrictEqual } from 'node:util'
import { isStorable } from '@yardmaster/common'
import { executorName, type Manager, type ManagerDetails } from './runner.ts'

/** A runner's own description of itself, unvalidated. */
export type ReportedInfo = Readonly<Record<string, unknown>>

/** Most characters stored (`docs/protocol/common.md 9`); longer texts are cut. */
const LENGTHS = { version: 2048, revision: 255, platform: 255, architecture: 255 } as const

/**
 * Features are stored unchanged, unless they are nested so deep that comparing or storing them would overflow a stack,
 * or contain text that no database can store.
 */
const DEEPEST_FEATURES = 32

const MOST_LABELS = 32
const LABEL_NAME = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{2,64}$/
const LABEL_VALUE = /^[a-zA-Z0-9._-]{1,256}$/

/**
 * Returns what is stored of a heartbeat. Blank values and values of a wrong type are treated as absent.
 *
 * @see `docs/protocol/common.md 9`; `docs/protocol/job-request.md 1`
 */
export function managerDetails(info: ReportedInfo | null, ipAddress: string | null): ManagerDetails {
  const details: { -readonly [Key in keyof ManagerDetails]: ManagerDetails[Key] } = {}
  if (ipAddress !== null) details.ipAddress = ipAddress
  if (info === null) return details

  for (const name of ['version', 'revision', 'platform', 'architecture'] as const) {
    const value = textOf(info[name])
    if (value !== null) details[name] = cut(value, LENGTHS[name])
  }
  const executor = textOf(info.executor)
  if (executor !== null) details.executor = executorName(executor)

  const { config, features, labels } = info
  // Only this key of the configuration matters to a coordinator.
  const gpus = isObject(config) ? config.gpus : undefined
  if (typeof gpus === 'string') details.config = { gpus }
  if (isObject(features) && Object.keys(features).length > 0 && isKeepable(features, DEEPEST_FEATURES)) {
    details.features = features
  }
  if (isObject(labels)) {
    const valid = validLabels(labels)
    if (Object.keys(valid).length > 0) details.labels = valid
  }
  return details
}

/**
 * Returns whether a heartbeat has anything that the stored manager does not have. The address does not count: it is
 * stored with the collected contacts.
 */
export function saysMore(details: ManagerDetails, manager: Manager): boolean {
  const { ipAddress: _, ...rest } = details
  // Deep and independent of the order of keys, because the store returns features in its own order.
  return Object.entries(rest).some(([name, value]) => !isDeepStrictEqual(value, manager[name as keyof typeof rest]))
}

const isObject = (value: unknown): value is ReportedInfo =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function isKeepable(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return isStorable(value)
  if (typeof value !== 'object' || value === null) return true
  return (
    levels > 0 && Object.entries(value).every(([name, member]) => isStorable(name) && isKeepable(member, levels - 1))
  )
}

const textOf = (value: unknown): string | null => {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  return typeof text === 'string' && text.trim() !== '' ? text : null
}

/** Cuts by code points, so that no character is split. */
const cut = (text: string, characters: number): string =>
  text.length <= characters ? text : [...text.slice(0, 2 * characters)].slice(0, characters).join('')

function validLabels(labels: ReportedInfo): Record<string, string> {
  const valid: [string, string][] = []
  for (const [name, value] of Object.entries(labels)) {
    if (typeof value === 'string' && LABEL_NAME.test(name) && LABEL_VALUE.test(value)) valid.push([name, value])
  }
  return Object.fromEntries(valid.slice(0, MOST_LABELS))
}
