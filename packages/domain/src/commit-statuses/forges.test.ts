import { describe, expect, it } from 'vitest'
import type { CommitState } from './commit-status.ts'
import { FORGES, type Forge } from './forge.ts'
import { apiAddressOf, requestOf } from './forges.ts'

describe('the address of a repository in the API', () => {
  it.each([
    ['gitea', 'https://gitea.example/owner/name', 'https://gitea.example/api/v1/repos/owner/name'],
    ['gitea', 'https://gitea.example/owner/name.git', 'https://gitea.example/api/v1/repos/owner/name'],
    ['gitea', 'http://10.0.0.7:3000/git/owner/name/', 'http://10.0.0.7:3000/git/api/v1/repos/owner/name'],
    ['forgejo', 'https://forge.example/api/v1/repos/o/n', 'https://forge.example/api/v1/repos/o/n'],
    ['github', 'https://github.com/owner/name', 'https://api.github.com/repos/owner/name'],
    ['github', 'https://octo.ghe.com/owner/name.git', 'https://api.octo.ghe.com/repos/owner/name'],
    ['github', 'https://ghe.example/owner/name', 'https://ghe.example/api/v3/repos/owner/name'],
    ['github', 'https://api.github.com/repos/owner/name', 'https://api.github.com/repos/owner/name'],
    ['gitlab', 'https://gitlab.example/group/sub/name', 'https://gitlab.example/api/v4/projects/group%2Fsub%2Fname'],
    ['gitlab', 'https://host.example/gitlab/api/v4/projects/7', 'https://host.example/gitlab/api/v4/projects/7'],
  ] satisfies [Forge, string, string][])('of %s: %s', (forge, address, api) => {
    expect(apiAddressOf(forge, address)).toBe(api)
    // It is an address of the repository, too.
    expect(apiAddressOf(forge, api)).toBe(api)
  })

  it.each([
    'gitea.example/owner/name',
    'ftp://gitea.example/owner/name',
    'https://gitea.example/name',
    'https://user:secret@gitea.example/owner/name',
    'https://gitea.example/owner/name?token=x',
    'https://gitea.example/owner/name#',
    'https://gitea.example/owner//name',
    'https://gitea.example',
    '',
  ])('is none for %j', (address) => {
    for (const forge of FORGES) expect(apiAddressOf(forge, address)).toBeNull()
  })
})

const shown = { state: 'running', description: 'Running', url: 'https://ci.example/pipelines/7' } as const
const request = { token: 'secret', sha: 'a'.repeat(40), context: 'yardmaster', ref: 'main', shown }
const bodyFor = (forge: Forge, given: object = {}): Record<string, string> =>
  JSON.parse(
    requestOf({ ...request, target: { forge, address: 'https://forge.example/owner/name' }, ...given })?.body ?? '{}',
  )

describe('a request', () => {
  it('has every state in the words of its forge', () => {
    const states: CommitState[] = ['pending', 'running', 'success', 'failure', 'canceled', 'skipped']
    const words = (forge: Forge) => states.map((state) => bodyFor(forge, { shown: { ...shown, state } }).state)
    const usual = ['pending', 'pending', 'success', 'failure', 'error', 'success']
    for (const forge of ['gitea', 'forgejo', 'github'] as const) expect(words(forge)).toEqual(usual)
    expect(words('gitlab')).toEqual(['pending', 'running', 'success', 'failed', 'canceled', 'skipped'])
  })

  it('keeps to the lengths that forges take, and cuts no character in two', () => {
    const long = { ...shown, description: '🚢'.repeat(141), url: `https://ci.example/${'x'.repeat(250)}` }
    for (const forge of FORGES) {
      const { description = '' } = bodyFor(forge, { shown: long })
      expect([...description]).toHaveLength(140)
      expect(description.endsWith('🚢…')).toBe(true)
    }
    expect(bodyFor('gitlab', { shown: long })).not.toHaveProperty('target_url')
    expect(bodyFor('github', { shown: long })).toHaveProperty('target_url', long.url)
  })

  it('names the ref to GitLab alone, if there is one', () => {
    expect(bodyFor('gitlab')).toHaveProperty('ref', 'main')
    expect(bodyFor('gitlab', { ref: null })).not.toHaveProperty('ref')
    expect(bodyFor('gitea')).not.toHaveProperty('ref')
  })
})
