import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { actOf } from './audit-mutations.ts'
import { appRouter } from './router.ts'

interface Procedure {
  readonly _def: { readonly type: string; readonly inputs: readonly unknown[] }
}

const mutations = Object.entries(appRouter._def.procedures as unknown as Record<string, Procedure>).filter(
  ([, { _def }]) => _def.type === 'mutation',
)

/** Returns the fields of a procedure's input that may be a text or a list of texts. */
function textsOf({ _def }: Procedure): string[] {
  const [input] = _def.inputs
  if (!(input instanceof z.ZodType)) return []
  const { properties = {} } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' })
  return Object.entries(properties)
    .filter(([, schema]) => /"type":"string"|"const":"|"enum":\["/.test(JSON.stringify(schema)))
    .map(([name]) => name)
}

const isKept = (name: string): boolean => 'input' in actOf('jobs.create', { [name]: 'text' }).details

describe('the audit event of a mutation', () => {
  it.each(mutations.map(([path]) => path))('has a subject kind for %s', (path) => {
    expect(actOf(path, {}).subjectKind).not.toBeNull()
  })

  it('keeps or withholds each text on purpose', () => {
    const names = new Set(mutations.flatMap(([, procedure]) => textsOf(procedure)))
    const withheld = [...names].filter((name) => !isKept(name)).sort()
    // Each of these may be or contain a secret. A new field belongs either here or into the list of kept fields.
    expect(withheld).toEqual([
      ...[
        'changedPaths',
        'commitStatus',
        'configPath',
        'content',
        'definition',
        'description',
        'files',
        'inputs',
        'jobs',
        'maintenanceNote',
      ],
      ...['mergeRequest', 'progress', 'repoUrl', 'repository', 'search', 'url', 'variables'],
    ])
  })
})
