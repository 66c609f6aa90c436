import { describe, expect, it } from 'vitest'
import { planPipeline } from '../plan.ts'
import { storedDefinition, upgradeDefinition } from '../stored-definition.ts'
import { parsed, refused } from '../testing.ts'
import type { IdToken } from './id-tokens.ts'

const VARIABLES = [{ key: 'VAULT_SERVER_URL', value: 'https://vault.example' }]

async function planned(text: string) {
  const { pipeline, errors } = await planPipeline({
    text,
    files: null,
    inputs: {},
    variables: VARIABLES,
    facts: { source: 'push', ref: 'main', refKind: 'branch', projectPath: 'a/b', changedPaths: [] },
    maxJobs: 500,
  })
  return { jobs: pipeline?.jobs ?? [], errors: errors.map(({ message }) => message) }
}

/** Returns the definition of the job `j`, which is written in flow style. */
async function definitionOf(job: string, rest = '') {
  const { jobs, errors } = await planned(`j: { script: make, ${job} }\n${rest}`)
  const found = jobs.find(({ name }) => name === 'j')
  if (!found) throw new Error(errors.join('; '))
  return found.definition
}

const braced = (name: string): string => `\${${name}}`

const token = (name: string, aud: IdToken['aud']): IdToken => ({ name, aud, sourceProject: null })

describe('id_tokens', () => {
  it('name a variable and the services that the token is for', async () => {
    const { idTokens } = await definitionOf('id_tokens: { A: { aud: "https://$HOST" }, B: { aud: [x, y] } }')
    expect(idTokens).toEqual([token('A', 'https://$HOST'), token('B', ['x', 'y'])])
    expect((await definitionOf('tags: [a]')).idTokens).toEqual([])
    expect((await definitionOf('id_tokens: {}')).idTokens).toEqual([])
  })

  it('come from default, unless the job has its own or does not want them', async () => {
    const rest = 'default: { id_tokens: { D: { aud: d } } }'
    expect((await definitionOf('tags: [a]', rest)).idTokens).toEqual([token('D', 'd')])
    expect((await definitionOf('id_tokens: { A: { aud: a } }', rest)).idTokens).toEqual([token('A', 'a')])
    expect((await definitionOf('inherit: { default: false }', rest)).idTokens).toEqual([])
    expect((await definitionOf('inherit: { default: [id_tokens] }', rest)).idTokens).toEqual([token('D', 'd')])
  })

  it.each([
    ['A-B: { aud: x }', 'j: id_tokens.A-B found the name "A-B"; allowed: 1 to 255 of A-Z a-z 0-9 _'],
    ['A: { aud: [] }', 'j: id_tokens.A.aud found an empty array; allowed: an array of at least 1'],
    [`A: { aud: ${'x'.repeat(4097)} }`, 'j: id_tokens.A.aud found more than 4096 characters'],
    [
      Array.from({ length: 21 }, (_, index) => `T${index}: { aud: x }`).join(', '),
      'j: id_tokens found 21 tokens; allowed: at most 20',
    ],
    ['A: { aud: 1 }', 'jobs:j:id_tokens:a aud should be an array of strings or a string'],
  ])('of the form %s are refused', async (tokens, message) => {
    expect((await planned(`j: { script: make, id_tokens: { ${tokens} } }`)).errors).toEqual([message])
  })

  it('leave the name STEPS to step syntax', async () => {
    const { errors } = await planned('j: { run: [{ name: a, script: b }], id_tokens: { STEPS: { aud: x } } }')
    expect(errors).toEqual([expect.stringMatching(/^j: id_tokens.STEPS is given together with run/)])
  })

  it('are not among the keywords of a job that is created alone', () => {
    expect(refused({ id_tokens: { A: { aud: 'x' } } }).field).toBe('definition.id_tokens')
  })
})

describe('the secrets of a job', () => {
  const secret = 'secrets: { DB: { vault: production/db/password@ops } }'
  const jwtOf = (definition: Awaited<ReturnType<typeof definitionOf>>) =>
    (definition.secrets.DB as { vault: { server: { auth: { data: { jwt: string } } } } }).vault.server.auth.data.jwt

  it('are fetched with its id token when it has one', async () => {
    const definition = await definitionOf(`id_tokens: { VAULT_ID_TOKEN: { aud: x } }, ${secret}`)
    expect(jwtOf(definition)).toBe(braced('VAULT_ID_TOKEN'))
  })

  it('are fetched with the token that they name when it has several', async () => {
    const tokens = 'id_tokens: { A: { aud: x }, B: { aud: y } }'
    const named = 'secrets: { DB: { vault: production/db/password@ops, token: $B } }'
    expect(jwtOf(await definitionOf(`${tokens}, ${named}`))).toBe('$B')
    await expect(definitionOf(`${tokens}, ${secret}`)).rejects.toThrow('j: secrets.DB needs token')
    await expect(definitionOf(secret)).rejects.toThrow('j: secrets.DB needs token')
  })
})

describe('a stored definition', () => {
  it('with id tokens is of version 2, and one without them stays of version 1', () => {
    const idTokens = [token('A', 'x'), { ...token('B', ['y', '']), sourceProject: 'fork/b' }, token('C', '')]
    const definition = parsed({}, { idTokens })
    const stored = JSON.parse(JSON.stringify(storedDefinition(definition)))
    expect(stored.version).toBe(2)
    expect(upgradeDefinition(stored)).toEqual(definition)
    expect(storedDefinition(parsed({})).version).toBe(1)
  })

  it('of the first release that had id tokens is read', () => {
    const stored = {
      version: 2,
      script: ['make'],
      idTokens: [
        { name: 'A', aud: ['x'] },
        { name: 'B', aud: 'y' },
      ],
    }
    expect(upgradeDefinition(stored).idTokens).toEqual([token('A', ['x']), token('B', 'y')])
  })
})
