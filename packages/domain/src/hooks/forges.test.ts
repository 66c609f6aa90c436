import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readLines } from './forges/git.ts'
import { HOOK_KINDS, type HookKind, readEvent } from './forges.ts'
import {
  bitbucketFork,
  bitbucketPullRequest,
  bitbucketPush,
  FORK,
  giteaPush,
  githubPullRequest,
  githubPush,
  gitlabMergeRequest,
  gitlabPush,
  NEW,
  NONE,
  OLD,
  TAG_OBJECT,
} from './testing/payloads.ts'

const gitPush = readLines(`${OLD} ${NEW} refs/heads/main\n${NONE} ${NEW} refs/tags/v1 skip\noption ci.variable=A=b\n`)

/** A payload of each kind and event, as the forge names the event. */
const SAMPLES: readonly (readonly [HookKind, string, unknown])[] = [
  ['github', 'push', githubPush()],
  ['github', 'pull_request', githubPullRequest('opened')],
  ['gitea', 'push', giteaPush()],
  ['gitea', 'pull_request', githubPullRequest('synchronized')],
  ['forgejo', 'push', giteaPush()],
  ['forgejo', 'pull_request_sync', githubPullRequest('synchronized')],
  ['gitlab', 'Push Hook', gitlabPush()],
  ['gitlab', 'Merge Request Hook', gitlabMergeRequest('open')],
  ['bitbucket', 'repo:refs_changed', bitbucketPush()],
  ['bitbucket', 'pr:opened', bitbucketPullRequest('pr:opened')],
  ['git', 'push', gitPush],
]

const CHANGE = { ref: 'main', tag: false, before: OLD, after: NEW, skip: false }
const changesOf = (kind: HookKind, event: string, body: unknown) => {
  const read = readEvent(kind, event, body)
  if ('fault' in read || read.kind !== 'push') throw new Error(JSON.stringify(read))
  return read.changes
}

describe('a push', () => {
  it.each([
    ['github', 'push', githubPush({ ref: 'refs/heads/main' })],
    ['gitea', 'push', giteaPush()],
    ['forgejo', 'push', giteaPush()],
    ['gitlab', 'Push Hook', gitlabPush()],
    ['gitlab', 'System Hook', gitlabPush()],
  ] as const)('of %s is read from %s', (kind, event, body) => {
    expect(readEvent(kind, event, body)).toEqual({
      kind: 'push',
      changes: [{ ...CHANGE, message: expect.stringMatching(/^Polish the lamp\n?$/) }],
      user: 'ada',
      options: { skip: false, variables: [] },
    })
  })

  it('of Bitbucket or a repository alone may change several refs; others than branches and tags are left out', () => {
    expect(changesOf('bitbucket', 'repo:refs_changed', bitbucketPush())).toEqual([
      { ...CHANGE, message: null },
      { ...CHANGE, ref: 'v1', tag: true, before: null, message: null },
      { ...CHANGE, ref: 'old', after: null, message: null },
    ])
    expect(changesOf('git', 'push', gitPush)).toEqual([
      { ...CHANGE, message: null },
      { ...CHANGE, ref: 'v1', tag: true, before: null, message: null, skip: true },
    ])
  })

  it.each([
    ['github', 'push', githubPush({ before: NONE }), { before: null }],
    ['github', 'push', githubPush({ after: NONE, head_commit: null }), { after: null }],
    ['gitlab', 'Push Hook', gitlabPush({ after: NONE, checkout_sha: null, commits: [] }), { after: null }],
    ['gitea', 'push', giteaPush({ before: NONE }), { before: null }],
  ] as const)('of %s may create or delete its ref', (kind, event, body, expected) => {
    expect(changesOf(kind, event, body)).toMatchObject([expected])
  })

  it.each([
    ['github', 'push', githubPush({ ref: 'refs/tags/v1', before: NONE, after: TAG_OBJECT })],
    ['gitea', 'push', giteaPush({ ref: 'refs/tags/v1', before: NONE, after: TAG_OBJECT })],
    [
      'gitlab',
      'Tag Push Hook',
      gitlabPush({ object_kind: 'tag_push', ref: 'refs/tags/v1', before: NONE, after: TAG_OBJECT }),
    ],
  ] as const)('of an annotated tag at %s names the commit of the tag', (kind, event, body) => {
    expect(changesOf(kind, event, body)).toMatchObject([{ ref: 'v1', tag: true, before: null, after: NEW }])
  })

  it('has options, where the forge passes them on', () => {
    const options = { ci: { skip: true, variable: { 'A=b=c': 1, 'bad-key=x': 1, B: 1 }, input: {} } }
    expect(readEvent('gitlab', 'Push Hook', gitlabPush({ push_options: options }))).toMatchObject({
      options: { skip: true, variables: [{ key: 'A', value: 'b=c' }] },
    })
    expect(readEvent('git', 'push', gitPush)).toMatchObject({
      options: { skip: false, variables: [{ key: 'A', value: 'b' }] },
    })
  })
})

describe('a merge request', () => {
  const EXPECTED = {
    ...{ kind: 'merge_request', action: 'opened', iid: 12, sourceBranch: 'topic', targetBranch: 'main', sha: NEW },
    ...{ fork: false, title: 'Brighter lamp', description: 'It was dark.', draft: false, author: 'ada' },
  }

  it.each([
    ['github', 'pull_request', githubPullRequest('opened')],
    ['gitea', 'pull_request', githubPullRequest('opened')],
    ['forgejo', 'pull_request', githubPullRequest('opened')],
    ['gitlab', 'Merge Request Hook', gitlabMergeRequest('open')],
    ['bitbucket', 'pr:opened', bitbucketPullRequest('pr:opened')],
  ] as const)('of %s is read from %s', (kind, event, body) => {
    expect(readEvent(kind, event, body)).toMatchObject({
      ...EXPECTED,
      ...(kind !== 'bitbucket' && { labels: ['light'], assignees: ['bob'] }),
    })
  })

  it.each([
    ['github', 'pull_request', githubPullRequest('synchronize'), 'commits'],
    ['gitea', 'pull_request', githubPullRequest('synchronized'), 'commits'],
    ['github', 'pull_request', githubPullRequest('reopened'), 'reopened'],
    ['github', 'pull_request', githubPullRequest('labeled'), 'changed'],
    ['github', 'pull_request', githubPullRequest('constructor'), 'changed'],
    ['github', 'pull_request', githubPullRequest('closed'), 'closed'],
    ['github', 'pull_request', githubPullRequest('closed', { merged: true }), 'merged'],
    ['gitlab', 'Merge Request Hook', gitlabMergeRequest('update', { oldrev: OLD }), 'commits'],
    ['gitlab', 'Merge Request Hook', gitlabMergeRequest('update'), 'changed'],
    ['gitlab', 'Merge Request Hook', gitlabMergeRequest('merge'), 'merged'],
    ['bitbucket', 'pr:from_ref_updated', bitbucketPullRequest('pr:from_ref_updated'), 'commits'],
    ['bitbucket', 'pr:modified', bitbucketPullRequest('pr:modified'), 'changed'],
    ['bitbucket', 'pr:declined', bitbucketPullRequest('pr:declined'), 'closed'],
  ] as const)('of %s changes: %s', (kind, event, body, action) => {
    expect(readEvent(kind, event, body)).toMatchObject({ action })
  })

  it.each([
    ['github', 'pull_request', githubPullRequest('opened', { head: { repo: FORK } })],
    ['github', 'pull_request', githubPullRequest('opened', { head: { repo: null } })],
    ['github', 'pull_request', githubPullRequest('opened', { head: { repo: { full_name: 'harbour/lantern' } } })],
    ['gitea', 'pull_request', githubPullRequest('opened', { head: { repo: FORK } })],
    ['gitlab', 'Merge Request Hook', gitlabMergeRequest('open', { source_project_id: 16 })],
    ['gitlab', 'Merge Request Hook', gitlabMergeRequest('open', { source_project_id: null, target_project_id: null })],
    ['bitbucket', 'pr:opened', bitbucketFork()],
  ] as const)('of %s is from a fork unless both branches are in one repository', (kind, event, body) => {
    expect(readEvent(kind, event, body)).toMatchObject({ kind: 'merge_request', fork: true })
  })
})

it('knows tests of a hook, and ignores other events', () => {
  expect(readEvent('github', 'ping', { zen: 'x' })).toEqual({ kind: 'ping' })
  expect(readEvent('bitbucket', 'diagnostics:ping', { test: true })).toEqual({ kind: 'ping' })
  for (const [kind, event] of [
    ['github', 'issues'],
    ['gitea', '__proto__'],
    ['bitbucket', 'constructor'],
    ['gitlab', 'Note Hook'],
  ] as const) {
    expect(readEvent(kind, event, {})).toEqual({ kind: 'other' })
  }
})

describe('a hostile payload', () => {
  const REFS = ['--upload-pack=x', 'a b', 'a\nb', 'a\u0000b', 'a\u202eb', '', 'a..b~1', 'x'.repeat(256)]
  it.each(REFS)('with the ref %j is refused', (ref) => {
    const refused = { fault: expect.stringMatching(/not the name of a branch or tag|longer than|too long/) }
    expect(readEvent('github', 'push', githubPush({ ref: `refs/heads/${ref}` }))).toEqual(refused)
    expect(
      readEvent('git', 'push', {
        changes: [{ before: OLD, after: NEW, ref: `refs/tags/${ref}`, skip: false }],
        options: [],
      }),
    ).toEqual(refused)
    expect(readEvent('github', 'pull_request', githubPullRequest('opened', { head: { ref } }))).toEqual(refused)
  })

  it.each(['HEAD', '--all', 'b2', 'Z'.repeat(40), `${NEW}x`, NEW.slice(1)])(
    'with the commit %j is refused',
    (after) => {
      expect(readEvent('gitea', 'push', giteaPush({ after }))).toHaveProperty('fault')
    },
  )

  it('with a name that could hide something loses the name', () => {
    expect(readEvent('github', 'push', githubPush({ sender: { login: 'a\u202eb' } }))).toMatchObject({ user: null })
  })

  it('with a number beyond all ids is refused', () => {
    for (const number of [0, -1, 1.5, 2 ** 31, 1e300, '12']) {
      expect(readEvent('github', 'pull_request', githubPullRequest('opened', { number }))).toHaveProperty('fault')
    }
  })

  it('with any value in any place never breaks the reader, and never becomes a push to another ref', () => {
    const strange = fc.oneof(
      fc.constantFrom(null, true, -1, 1e308, '', '__proto__', '\u0000', [], {}, [[]], { length: -1 }),
      fc.string({ unit: 'binary' }),
      fc.array(fc.anything(), { maxLength: 3 }),
    )
    fc.assert(
      fc.property(fc.constantFrom(...SAMPLES), fc.nat(), strange, ([kind, event, body], at, value) => {
        const places = placesIn(body)
        const path = places[at % places.length] ?? []
        const read = readEvent(kind, event, replaced(body, path, value))
        if ('fault' in read || read.kind !== 'push') return
        for (const change of read.changes) expect(change.ref).toMatch(/^[^\s~^:?*[\\-][^\s~^:?*[\\]*$/)
      }),
      { numRuns: 2_000 },
    )
  })

  it('of any kind and event never breaks the reader', () => {
    fc.assert(
      fc.property(fc.constantFrom(...HOOK_KINDS), fc.string(), fc.anything(), (kind, event, body) => {
        expect(readEvent(kind, event, body)).toBeTypeOf('object')
      }),
    )
  })

  it('of lines is refused when one is none of a hook', () => {
    for (const text of ['x', `${OLD} ${NEW}`, `${OLD} ${NEW} refs/heads/a b`, `${OLD}  ${NEW} refs/heads/a`]) {
      expect(readLines(text)).toBeNull()
    }
    expect(readLines('')).toEqual({ changes: [], options: [] })
  })
})

/** Returns the paths of all values in a value, itself included. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([name, member]) => placesIn(member, [...path, name]))]
}

function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) }
  return Object.assign(copy, { [name]: replaced((value as Record<string, unknown>)[name], rest, by) })
}
