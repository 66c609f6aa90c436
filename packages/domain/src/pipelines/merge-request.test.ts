import { describe, expect, it } from 'vitest'
import { sampleProject } from '../testing/sample-project.ts'
import { isFromFork, type MergeRequest, mergeRequestVariables } from './merge-request.ts'

const project = sampleProject({ protectedRefs: ['main', 'release/*'] })
const REQUEST: MergeRequest = { iid: 7, sourceBranch: 'topic', targetBranch: 'main' }

const values = (given: Partial<MergeRequest> = {}): Record<string, string> =>
  Object.fromEntries(mergeRequestVariables({ ...REQUEST, ...given }, project).map(({ key, value }) => [key, value]))

describe('the variables of a merge request', () => {
  it('are these when only its branches are known', () => {
    expect(values()).toEqual({
      CI_MERGE_REQUEST_IID: '7',
      CI_MERGE_REQUEST_EVENT_TYPE: 'detached',
      CI_MERGE_REQUEST_REF_PATH: 'refs/merge-requests/7/head',
      CI_MERGE_REQUEST_PROJECT_ID: '1',
      CI_MERGE_REQUEST_PROJECT_PATH: 'group/project',
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
      CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED: 'true',
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: 'topic',
      CI_MERGE_REQUEST_SOURCE_BRANCH_PROTECTED: 'false',
      CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: 'group/project',
      CI_MERGE_REQUEST_DRAFT: 'false',
    })
  })

  it('tell what the caller says besides', () => {
    const said = values({
      ...{ title: 'A title', milestone: '1.0', draft: true, diffBaseSha: 'a'.repeat(40) },
      labels: ['bug', 'urgent'],
    })
    expect(said).toMatchObject({
      CI_MERGE_REQUEST_TITLE: 'A title',
      CI_MERGE_REQUEST_MILESTONE: '1.0',
      CI_MERGE_REQUEST_DRAFT: 'true',
      CI_MERGE_REQUEST_DIFF_BASE_SHA: 'a'.repeat(40),
      CI_MERGE_REQUEST_LABELS: 'bug,urgent',
    })
  })

  it.each([
    [[], undefined],
    [['ann'], 'ann'],
    [['ann', 'bob'], 'ann, and bob'],
    [['ann', 'bob', 'cy'], 'ann, bob, and cy'],
  ])('list the assignees %j as %s', (assignees, listed) => {
    expect(values({ assignees }).CI_MERGE_REQUEST_ASSIGNEES).toBe(listed)
  })

  it('have the first 2700 characters of a description, of which none is cut in two', () => {
    expect(values({ description: '' }).CI_MERGE_REQUEST_DESCRIPTION).toBe('')
    expect(values({ description: '😀'.repeat(2_701) }).CI_MERGE_REQUEST_DESCRIPTION).toBe('😀'.repeat(2_700))
  })

  it('never say that the branch of a fork is protected, whatever its name', () => {
    const isProtected = (given: Partial<MergeRequest>) => values(given).CI_MERGE_REQUEST_SOURCE_BRANCH_PROTECTED
    expect(isProtected({ sourceBranch: 'release/1' })).toBe('true')
    expect(isProtected({ sourceBranch: 'release/1', sourceProjectPath: 'other/project' })).toBe('false')
    expect(isProtected({ sourceBranch: 'release/1', sourceProjectPath: 'group/project' })).toBe('true')
  })

  it('are shown, and go to services as well', () => {
    for (const variable of mergeRequestVariables(REQUEST, project)) {
      expect(variable).toMatchObject({ public: true, masked: false })
    }
  })
})

describe('a merge request', () => {
  it.each([
    [undefined, false],
    ['group/project', false],
    ['other/project', true],
  ])('with the source project %s is from a fork: %s', (sourceProjectPath, fromFork) => {
    expect(isFromFork({ ...REQUEST, sourceProjectPath }, project)).toBe(fromFork)
  })
})
