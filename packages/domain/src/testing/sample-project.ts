import type { Project } from '../projects/project.ts'

/** For tests. Returns a project `group/project` whose branch `main` is protected. */
export const sampleProject = (given: Partial<Project> = {}): Project => ({
  id: 1,
  path: 'group/project',
  name: 'project',
  groupId: null,
  groupPath: null,
  repoUrl: null,
  sharesCheckout: false,
  defaultBranch: 'main',
  protectedRefs: ['main'],
  protectedEnvironments: [],
  timeout: 3600,
  variables: [],
  registrationToken: '',
  instanceRunnersEnabled: true,
  groupRunnersEnabled: true,
  ciEnabled: true,
  autoCancelPending: true,
  jobTokenAllowlist: [],
  maxStoredBytes: null,
  jobRetentionDays: null,
  logRetentionDays: null,
  damaged: [],
  createdAt: new Date(0),
  ...given,
})
