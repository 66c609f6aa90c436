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

/** The fields of a procedure's input that may be a text or a list of texts. */
function textsOf({ _def }: Procedure): string[] {
  const [input] = _def.inputs
  if (!(input instanceof z.ZodType)) return []
  const { properties = {} } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' })
  return Object.entries(properties)
    .filter(([, schema]) => /"type":"string"|"const":"|"enum":\["/.test(JSON.stringify(schema)))
    .map(([name]) => name)
}

const isKept = (name: string): boolean => 'input' in actOf('jobs.create', { [name]: 'text' }).details

describe('what is on record of a mutation', () => {
  it.each(mutations.map(([path]) => path))('%s names whose change it is', (path) => {
    expect(actOf(path, {}).subjectKind).not.toBeNull()
  })

  it('says of each text whether it is kept', () => {
    const names = new Set(mutations.flatMap(([, procedure]) => textsOf(procedure)))
    const withheld = [...names].filter((name) => !isKept(name)).sort()
    // Each of these may be a secret or hold one. A new field stands here, or in the list of what is kept.
    expect(withheld).toEqual(['definition', 'description', 'jobs', 'maintenanceNote', 'repoUrl', 'url', 'variables'])
  })
})
