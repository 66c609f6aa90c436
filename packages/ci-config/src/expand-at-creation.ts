import type { Result } from '@yardmaster/common'
import type { DefinitionInvalid } from './definition-invalid.ts'
import { REFERENCE } from './expand-variables.ts'
import type { JobDefinition } from './job-definition.ts'
import { resourceGroup, tags } from './keywords/control.ts'
import { reading, refuse } from './keywords/reading.ts'
import type { Variable } from './variable.ts'

/** Expansion may not grow past this, nor follow longer chains of references. */
const MOST_CHARACTERS = 4096
const DEEPEST = 50

/** These exist only in the running job, so nothing decided earlier can depend on them. */
const LATER =
  /^CI_(?:PIPELINE_I?ID|PIPELINE_URL|PIPELINE_CREATED_AT|JOB_(?:ID|URL|TOKEN|STARTED_AT)|REPOSITORY_URL|RUNNER_.*)$/

/**
 * Expands the variables in `tags` and `resource_group`: both affect the job before a runner expands anything. In tags,
 * values are inserted unexpanded and unknown names stay. In the resource group, values are expanded first, unknown
 * names become empty, and a blank group means no group. Everything else that may hold variables is expanded by the
 * runner or its shell.
 *
 * @param variables - called only when a keyword names a variable; of several with one name the last one counts.
 * @returns `definition_invalid` for a circle, for a masked variable (the result is visible to everyone), for one that
 * only a running job has, and for a result that the keyword does not allow.
 * @see `docs/job-keywords.md#variables-in-tags-and-resource_group`
 */
export function expandAtCreation(
  definition: JobDefinition,
  variables: () => readonly Variable[],
): Result<JobDefinition, DefinitionInvalid> {
  return reading(() => {
    if (![...definition.tags, definition.resourceGroup ?? ''].some((text) => /[$%]/.test(text))) return definition
    const values: Values = Map.groupBy(variables().toReversed(), ({ key }) => key)
    const group = definition.resourceGroup === null ? '' : expanded(GROUP_AT, definition.resourceGroup, values)
    return {
      ...definition,
      tags: tags.read({
        at: TAGS_AT,
        value: definition.tags.map((tag, index) => withValues(`${TAGS_AT}[${index}]`, tag, values)),
      }),
      resourceGroup: group.trim() === '' ? null : resourceGroup.read({ at: GROUP_AT, value: group.trim() }),
    }
  })
}

const TAGS_AT = 'definition.tags'
const GROUP_AT = 'definition.resource_group'

/** The variables of each name, highest precedence first. */
type Values = ReadonlyMap<string, readonly Variable[]>

/** Returns the variable of this name, if its value may be shown. */
function visible(at: string, name: string, values: Values, level = 0): Variable | undefined {
  if (LATER.test(name)) refuse(at, `names ${name}, which only a running job has; allowed: variables known before`)
  const variable = values.get(name)?.[level]
  if (variable?.masked) refuse(at, `names the masked variable ${name}, and would show its value; allowed: others`)
  return variable
}

const withValues = (at: string, text: string, values: Values): string =>
  replaced(text, (name, reference) => visible(at, name, values)?.value ?? reference)

function expanded(at: string, text: string, values: Values): string {
  const within: string[] = []
  const expand = (given: string): string => {
    const result = replaced(given, (name, reference) => {
      // A variable that mentions itself means the next lower one of that name.
      const level = within.at(-1) === name ? within.length - within.findLastIndex((one) => one !== name) - 1 : 0
      if (level === 0 && within.includes(name)) refuse(at, `names ${name}, which refers to itself by way of others`)
      const variable = visible(at, name, values, level)
      if (!variable) return level > 0 ? reference : ''
      if (variable.raw) return variable.value
      if (within.length >= DEEPEST) refuse(at, `names variables that refer to each other in a chain of over ${DEEPEST}`)
      within.push(name)
      const value = expand(variable.value)
      within.pop()
      return value
    })
    if (result.length > MOST_CHARACTERS) refuse(at, `expands to more than ${MOST_CHARACTERS} characters`)
    return result
  }
  return expand(text)
}

const replaced = (text: string, value: (name: string, reference: string) => string): string =>
  text.replace(REFERENCE, (whole, ...names: (string | undefined)[]) => {
    const name = names[0] ?? names[1] ?? names[2]
    return name === undefined ? whole : value(name, whole)
  })
