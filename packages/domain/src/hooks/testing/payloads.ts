// What forges send, as their documentation describes it, with names of our own and without the fields that nothing reads.

export const NONE = '0'.repeat(40)
export const OLD = 'a1'.repeat(20)
export const NEW = 'b2'.repeat(20)
/** The id of an annotated tag, which is no commit. */
export const TAG_OBJECT = 'c3'.repeat(20)

const UNUSED = {
  organization: null,
  compare: 'https://forge.example/compare',
  repository: { id: 7, size: 12, topics: [] },
}

const githubCommit = (id: string, message: string) => ({
  ...{ id, tree_id: OLD, distinct: true, message, timestamp: '2026-03-01T12:00:00+01:00' },
  ...{ author: { name: 'Ada', email: 'ada@example.com' }, added: ['a.txt'], removed: [], modified: [] },
})

export const githubPush = (over: object = {}, message = 'Polish the lamp') => ({
  ...{ ref: 'refs/heads/topic/lamp', before: OLD, after: NEW, created: false, deleted: false, forced: false },
  ...{ commits: [githubCommit(NEW, message)], head_commit: githubCommit(NEW, message) },
  ...{ pusher: { name: 'ada', email: 'ada@example.com' }, sender: { login: 'ada', id: 3, type: 'User' }, ...UNUSED },
  ...over,
})

const REPOSITORY = { id: 7, full_name: 'harbour/lantern', private: false, fork: false }
export const FORK = { id: 8, full_name: 'mallory/lantern', private: false, fork: true }

export const githubPullRequest = (action: string, { head = {}, ...over }: Record<string, unknown> = {}) => ({
  action,
  number: 12,
  pull_request: {
    ...{
      id: 991,
      number: 12,
      state: 'open',
      title: 'Brighter lamp',
      body: 'It was dark.',
      draft: false,
      merged: false,
    },
    ...{ user: { login: 'ada' }, labels: [{ id: 1, name: 'light' }], assignees: [{ login: 'bob' }] },
    ...{ milestone: { title: 'v2' }, mergeable: null },
    head: { label: 'harbour:topic', ref: 'topic', sha: NEW, repo: REPOSITORY, ...(head as object) },
    base: { label: 'harbour:main', ref: 'main', sha: OLD, repo: REPOSITORY },
    ...over,
  },
  sender: { login: 'ada' },
  ...UNUSED,
})

export const giteaPush = (over: object = {}) => ({
  ...{
    ref: 'refs/heads/main',
    before: OLD,
    after: NEW,
    compare_url: 'https://forge.example/compare',
    total_commits: 1,
  },
  commits: [{ id: NEW, message: 'Polish the lamp\n', url: 'https://forge.example/c', verification: null, added: [] }],
  head_commit: { id: NEW, message: 'Polish the lamp\n', verification: null },
  pusher: { id: 3, login: 'ada', full_name: 'Ada', username: 'ada' },
  sender: { id: 3, login: 'ada', username: 'ada' },
  ...over,
})

export const gitlabPush = (over: object = {}) => ({
  ...{ object_kind: 'push', event_name: 'push', before: OLD, after: NEW, ref: 'refs/heads/main', ref_protected: true },
  ...{ checkout_sha: NEW, message: null, user_id: 4, user_name: 'Ada L', user_username: 'ada', project_id: 15 },
  project: { id: 15, name: 'Lantern', path_with_namespace: 'harbour/lantern', default_branch: 'main' },
  commits: [
    { id: OLD, message: 'Before', timestamp: '2026-03-01T12:00:00+01:00', added: [], modified: [], removed: [] },
    {
      id: NEW,
      message: 'Polish the lamp',
      timestamp: '2026-03-01T12:00:00+01:00',
      added: [],
      modified: [],
      removed: [],
    },
  ],
  ...{ total_commits_count: 2, push_options: {} },
  ...over,
})

export const gitlabMergeRequest = (action: string, over: object = {}) => ({
  ...{ object_kind: 'merge_request', event_type: 'merge_request' },
  user: { id: 4, name: 'Ada L', username: 'ada', email: '[REDACTED]' },
  project: { id: 15, path_with_namespace: 'harbour/lantern' },
  object_attributes: {
    ...{ id: 99, iid: 12, target_branch: 'main', source_branch: 'topic', source_project_id: 15, target_project_id: 15 },
    ...{ title: 'Brighter lamp', description: 'It was dark.', draft: false, work_in_progress: false, state: 'opened' },
    source: { path_with_namespace: 'harbour/lantern' },
    target: { path_with_namespace: 'harbour/lantern' },
    last_commit: { id: NEW, message: 'Polish the lamp', timestamp: '2026-03-01T12:00:00+01:00' },
    action,
    ...over,
  },
  labels: [{ id: 2, title: 'light', color: '#ffffff' }],
  assignees: [{ id: 5, name: 'Bob', username: 'bob' }],
  changes: {},
})

const change = (id: string, type: 'BRANCH' | 'TAG', fromHash: string, toHash: string) => ({
  ref: { id, displayId: id.replace(/^refs\/(heads|tags)\//, ''), type },
  ...{ refId: id, fromHash, toHash, type: 'UPDATE' },
})

export const bitbucketPush = (over: object = {}) => ({
  ...{ eventKey: 'repo:refs_changed', date: '2026-03-01T12:00:00+0100' },
  actor: { name: 'ada', emailAddress: 'ada@example.com', id: 3, displayName: 'Ada', active: true, slug: 'ada' },
  repository: { slug: 'lantern', id: 7, name: 'lantern', project: { key: 'HARBOUR', id: 1 } },
  changes: [
    change('refs/heads/main', 'BRANCH', OLD, NEW),
    change('refs/tags/v1', 'TAG', NONE, NEW),
    change('refs/heads/old', 'BRANCH', OLD, NONE),
    change('refs/notes/commits', 'BRANCH', OLD, NEW),
  ],
  ...over,
})

const side = (displayId: string, latestCommit: string, id: number, key: string) => ({
  ...{ id: `refs/heads/${displayId}`, displayId, latestCommit },
  repository: { slug: 'lantern', id, name: 'lantern', project: { key, id: 1 } },
})

export const bitbucketPullRequest = (eventKey: string, over: object = {}) => ({
  ...{ eventKey, date: '2026-03-01T12:00:00+0100', actor: { name: 'bob' } },
  pullRequest: {
    ...{
      id: 12,
      version: 0,
      title: 'Brighter lamp',
      description: 'It was dark.',
      state: 'OPEN',
      open: true,
      closed: false,
    },
    fromRef: side('topic', NEW, 7, 'HARBOUR'),
    toRef: side('main', OLD, 7, 'HARBOUR'),
    author: { user: { name: 'ada', id: 3 }, role: 'AUTHOR', approved: false, status: 'UNAPPROVED' },
    ...{ reviewers: [], participants: [] },
    ...over,
  },
})

export const bitbucketFork = () => bitbucketPullRequest('pr:opened', { fromRef: side('topic', NEW, 8, '~MALLORY') })
