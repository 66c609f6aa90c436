import {
  entries,
  type Found,
  filled,
  isText,
  list,
  matching,
  members,
  optional,
  refuse,
  required,
  text,
  word,
} from './reading.ts'

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const NAMED = 'a letter or _, then letters, digits and _'
const GIT_KEYS = ['url', 'dir', 'rev', 'file'] as const
const OCI_KEYS = ['registry', 'repository', 'tag', 'dir', 'file'] as const

/**
 * Reads the steps of step syntax. The runner decodes them as strictly as the payload around them, so everything is
 * checked: a script with a name, or a function (`step` or `func`) with inputs.
 */
export function steps(found: Found): unknown[] {
  return list(found, step, { least: 1 })
}

function step(found: Found): unknown {
  const given = members(found, ['name', 'script', 'step', 'func', 'env', 'inputs'])
  const kinds = [given.script, given.step, given.func].filter((kind) => kind !== undefined)
  if (kinds.length !== 1) refuse(found.at, `found ${kinds.length} of script, step, func; allowed: exactly one`)
  if (given.script && given.inputs) refuse(given.inputs.at, 'is given together with script; allowed: with step or func')
  return {
    name: required(given.name, `${found.at}.name`, (name) => matching(name, NAME, NAMED)),
    ...(given.script && { script: filled(given.script) }),
    ...(given.step && { step: reference(given.step) }),
    ...(given.func && { func: reference(given.func) }),
    ...(given.env && { env: Object.fromEntries(named(given.env).map(([key, value]) => [key, text(value)])) }),
    ...(given.inputs && { inputs: Object.fromEntries(named(given.inputs).map(([key, { value }]) => [key, value])) }),
  }
}

function named(found: Found): [string, Found][] {
  const all = entries(found)
  for (const [key, { at }] of all) if (!NAME.test(key)) refuse(at, `found an invalid name; allowed: ${NAMED}`)
  return all
}

function reference(found: Found): unknown {
  if (isText(found)) return word(found)
  const { git, oci } = members(found, ['git', 'oci'])
  if ((git === undefined) === (oci === undefined))
    refuse(found.at, 'allowed: text, or an object with either git or oci')
  if (git) return { git: texts(git, GIT_KEYS, ['url', 'rev']) }
  return { oci: required(oci, found.at, (one) => texts(one, OCI_KEYS, ['registry', 'repository', 'tag'])) }
}

function texts<Key extends string>(found: Found, keys: readonly Key[], needed: readonly Key[]): Record<string, string> {
  const given = members(found, keys)
  for (const key of needed) required(given[key], `${found.at}.${key}`, (value) => word(value))
  return Object.fromEntries(keys.flatMap((key) => optional(given[key], (value) => [[key, text(value)] as const], [])))
}
