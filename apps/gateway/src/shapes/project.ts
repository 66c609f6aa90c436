import type { StatusTarget } from '@yardmaster/domain/commit-statuses'
import type { ArtifactTotals } from '@yardmaster/domain/ports'
import { CLONES, isHttp, type Project } from '@yardmaster/domain/projects'
import { z } from 'zod'
import { withoutSecrets } from './address.ts'
import { StatusTargetShape, showStatusTarget } from './commit-status.ts'
import { Count, CountOrNull, IdShape, list, pageOfItems, TextOrNull, Time, variableMembers } from './values.ts'

export const ProjectShape = z
  .strictObject({
    id: IdShape,
    path: z.string().describe('The whole path, including the path of its group.'),
    name: z.string(),
    groupPath: TextOrNull,
    repoUrl: TextOrNull.describe('The short form of the repository. Passwords in it are replaced by `***`.'),
    repository: z
      .strictObject({
        address: z.string(),
        username: TextOrNull,
        hasPassword: z.boolean(),
        hasDeployKey: z.boolean(),
      })
      .nullable()
      .describe('Where its files and its configuration are, without secrets; null when it has no address.'),
    clone: z
      .enum(CLONES)
      .describe('Who runners fetch files from: this server, or the server of the repository, with its credentials.'),
    configPath: z
      .string()
      .describe('Where the configuration is: a path, `path@group/project`, `path@group/project:ref`, or an address.'),
    defaultBranch: z.string(),
    protectedRefs: list(z.string()).describe('Names of refs; `*` stands for any run of characters.'),
    protectedEnvironments: list(z.string()).describe(
      'Names of environments, with `*` as above: only jobs of protected refs may touch them.',
    ),
    timeout: Count.describe('Seconds.'),
    variables: list(
      z.strictObject({
        ...variableMembers,
        protected: z.boolean().describe('Only jobs of protected refs get it.'),
      }),
    ),
    registrationToken: TextOrNull.describe('Null when the stored token is damaged.'),
    instanceRunnersEnabled: z.boolean(),
    groupRunnersEnabled: z.boolean(),
    ciEnabled: z.boolean(),
    autoCancelPending: z
      .boolean()
      .describe(
        'Whether a new commit of a ref cancels pipelines of earlier ones, as far as their configuration allows it.',
      ),
    publicBadges: z.boolean().describe('Whether its badges need no sign-in.'),
    jobTokenAllowlist: list(IdShape).describe('Projects whose running jobs may download artifacts.'),
    maxStoredBytes: CountOrNull.describe('Null when the limit of the settings applies.'),
    jobRetentionDays: CountOrNull.describe(
      'Days for which finished pipelines and their jobs are kept, if the installation keeps them that long; null when only the installation says.',
    ),
    logRetentionDays: CountOrNull.describe('The same for logs of finished jobs.'),
    commitStatus: StatusTargetShape.nullable().describe('Where statuses of its commits go; null for nowhere.'),
    usage: z.strictObject({ artifactBytes: Count, artifactCount: Count }).describe('What is currently stored for it.'),
    damaged: list(z.enum(['repoUrl', 'repository', 'variables', 'registrationToken'])).describe(
      'Fields that can no longer be read and have to be set again.',
    ),
    createdAt: Time,
  })
  .meta({ id: 'Project' })

export const ProjectsShape = pageOfItems(ProjectShape).meta({ id: 'Projects' })

/** Hides values of masked variables and passwords in addresses, which never leave the server. */
export const showProject = (
  project: Project,
  usage: Pick<ArtifactTotals, 'artifactBytes' | 'artifactCount'>,
  commitStatus: StatusTarget | null,
): z.input<typeof ProjectShape> => ({
  id: project.id,
  path: project.path,
  name: project.name,
  groupPath: project.groupPath,
  repoUrl: project.repoUrl === null ? (project.repository?.address ?? null) : withoutSecrets(project.repoUrl),
  repository: project.repository && {
    address: isHttp(project.repository.address)
      ? withoutSecrets(project.repository.address)
      : project.repository.address,
    // Without a password it is a token.
    username: project.repository.password === null ? null : project.repository.username,
    hasPassword: project.repository.password !== null || project.repository.username !== null,
    hasDeployKey: project.repository.deployKey !== null,
  },
  clone: project.clone,
  configPath: project.configPath,
  defaultBranch: project.defaultBranch,
  protectedRefs: project.protectedRefs,
  protectedEnvironments: project.protectedEnvironments,
  timeout: project.timeout,
  variables: project.variables.map((variable) => ({
    key: variable.key,
    value: variable.masked ? null : variable.value,
    masked: variable.masked ?? false,
    file: variable.file ?? false,
    raw: variable.raw ?? false,
    protected: variable.protected ?? false,
  })),
  registrationToken: project.registrationToken,
  instanceRunnersEnabled: project.instanceRunnersEnabled,
  groupRunnersEnabled: project.groupRunnersEnabled,
  ciEnabled: project.ciEnabled,
  autoCancelPending: project.autoCancelPending,
  publicBadges: project.publicBadges,
  jobTokenAllowlist: project.jobTokenAllowlist,
  maxStoredBytes: project.maxStoredBytes,
  jobRetentionDays: project.jobRetentionDays,
  logRetentionDays: project.logRetentionDays,
  commitStatus: commitStatus && showStatusTarget(commitStatus),
  usage: { artifactBytes: usage.artifactBytes, artifactCount: usage.artifactCount },
  damaged: project.damaged,
  createdAt: project.createdAt,
})
