import type { StoredForm } from '@yardmaster/common'
import type { Keyword } from './keyword.ts'
import { type Found, members, optional } from './reading.ts'
import { script } from './script.ts'

const NAMES = ['pre_get_sources_script', 'post_get_sources_script'] as const

interface Hook {
  readonly name: string
  readonly script: readonly string[]
}

const HOOK: StoredForm<Hook> = { name: { since: 1 }, script: { since: 1 } }

export const hooks: Keyword<readonly Hook[]> = {
  keyword: 'hooks',
  read: readHooks,
  stored: { since: 1, absent: [], parts: HOOK },
  payload: 'hooks',
  examples: [{ pre_get_sources_script: ['echo hello'] }],
}

function readHooks(found: Found): Hook[] {
  const given = members(found, NAMES)
  return NAMES.flatMap((name) => optional(given[name], (lines) => [{ name, script: script(lines) }], []))
}
