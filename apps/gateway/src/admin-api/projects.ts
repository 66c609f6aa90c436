import { err } from '@yardmaster/common'
import type { Services } from '@yardmaster/domain'
import { FORGES } from '@yardmaster/domain/commit-statuses'
import { removeProject } from '@yardmaster/domain/execution'
import {
  CLONES,
  createProject,
  type GivenRepository,
  type Project,
  type ProjectVariable,
  rotateRegistrationToken,
  updateProject,
} from '@yardmaster/domain/projects'
import { z } from 'zod'
import { GroupsShape, showGroup } from '../shapes/group.ts'
import { ProjectShape, ProjectsShape, showProject } from '../shapes/project.ts'
import { NewToken, Nothing } from '../shapes/values.ts'
import {
  Address,
  ById,
  before,
  Days,
  defined,
  Id,
  line,
  page,
  Ref,
  Search,
  StoredBytes,
  text,
  VariableKey,
  VariableValue,
} from './inputs.ts'
import { found, refuseField, unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'

const Variable = z.strictObject({
  key: VariableKey,
  /** Absent or null keeps the value of an existing variable, because masked values are never shown. */
  value: VariableValue.nullish(),
  masked: z.boolean().optional(),
  file: z.boolean().optional(),
  raw: z.boolean().optional(),
  protected: z.boolean().optional(),
})

/** Absent secrets keep their values while the address names the same server; null removes them. */
const Repository = z.strictObject({
  address: Address,
  username: line(255).nullable().optional(),
  password: line(4096).nullable().optional(),
  /** The same as a password with the usual user name for tokens. */
  token: line(4096).optional(),
  /** A private key without a passphrase, for an ssh address. */
  deployKey: text(16_384).nullable().optional(),
})

/** Takes a token for a password. Servers of git take any user name with it, but not an empty one. */
const TOKEN_USER = 'oauth2'

function givenRepository(given: z.infer<typeof Repository>): GivenRepository {
  const { token, ...repository } = given
  if (token === undefined) return repository
  if (repository.password != null) {
    const reason = 'given besides a password; allowed is one of both'
    return unwrap(err({ kind: 'project_invalid' as const, field: 'repository.token', reason }))
  }
  return { ...repository, username: repository.username ?? TOKEN_USER, password: token }
}

/** Returns the members as the use cases take them. */
function settled<Given extends { repository?: z.infer<typeof Repository> | null | undefined }>(given: Given) {
  const { repository, ...others } = given
  return {
    ...defined(others),
    ...(repository !== undefined && { repository: repository && givenRepository(repository) }),
  }
}

/** Sent in a header. */
const ForgeToken = z.string().regex(/^[\x21-\x7e]{1,1024}$/, '1 to 1024 printable ASCII characters without blanks')

const changes = {
  name: line(255).optional(),
  groupPath: line(255).nullable().optional(),
  repoUrl: Address.nullable().optional(),
  repository: Repository.nullable().optional(),
  clone: z.enum(CLONES).optional(),
  configPath: line(255).optional(),
  defaultBranch: Ref.optional(),
  protectedRefs: z.array(line(255)).max(200).optional(),
  /** Names, with `*` for any run of characters. */
  protectedEnvironments: z.array(line(255)).max(200).optional(),
  timeout: z.number().int().min(1).max(2_147_483_647).optional(),
  variables: z.array(Variable).max(1000).optional(),
  instanceRunnersEnabled: z.boolean().optional(),
  groupRunnersEnabled: z.boolean().optional(),
  ciEnabled: z.boolean().optional(),
  autoCancelPending: z.boolean().optional(),
  /** Whether badges need no sign-in. */
  publicBadges: z.boolean().optional(),
  jobTokenAllowlist: z.array(Id).max(1000).optional(),
  /** Bytes of artifacts and logs; null when the limit of the settings applies. */
  maxStoredBytes: StoredBytes.nullable().optional(),
  /** Days for which finished pipelines and their jobs are kept; null for as long as the installation keeps them. */
  jobRetentionDays: Days.nullable().optional(),
  /** Days for which logs of finished jobs are kept; null for as long as the installation keeps them. */
  logRetentionDays: Days.nullable().optional(),
  /** Where statuses of its commits go; null for nowhere. The token may be left out if the project has one. */
  commitStatus: z
    .strictObject({
      forge: z.enum(FORGES),
      address: Address,
      token: ForgeToken.optional(),
      context: line(100).optional(),
      jobs: z.boolean().optional(),
    })
    .nullable()
    .optional(),
}

function settledVariables(given: z.infer<typeof Variable>[], before: Project | null): ProjectVariable[] {
  return given.map(({ value, ...variable }) => {
    const kept = value ?? before?.variables.find(({ key }) => key === variable.key)?.value
    if (kept === undefined) refuseField('variables', `${variable.key} has no value; allowed is a string`)
    return { ...variable, value: kept }
  })
}

const NOTHING_STORED = { artifactBytes: 0, artifactCount: 0 }

/** Shows projects, reading what they store and where their statuses go with one statement each for all of them. */
async function show({ artifacts, commitStatuses }: ShowingServices, projects: readonly Project[]) {
  const ids = projects.map(({ id }) => id)
  const [usage, targets] = await Promise.all([artifacts.usage(ids), commitStatuses.targets(ids)])
  const used = new Map(usage.map((each) => [each.projectId, each]))
  const target = new Map(targets.map((each) => [each.projectId, each]))
  return projects.map((project) =>
    showProject(project, used.get(project.id) ?? NOTHING_STORED, target.get(project.id) ?? null),
  )
}

type ShowingServices = Pick<Services, 'artifacts' | 'commitStatuses'>

async function showOne({ artifacts, commitStatuses }: ShowingServices, project: Project) {
  const [[used = NOTHING_STORED], [target = null]] = await Promise.all([
    artifacts.usage([project.id]),
    commitStatuses.targets([project.id]),
  ])
  return showProject(project, used, target)
}

/** `projects.*` of the admin API. */
export const projectsRouter = router({
  list: procedure({
    rest: 'GET /projects',
    summary: 'Lists projects, the newest first.',
    output: ProjectsShape,
  })
    .input(z.strictObject({ ...page, search: Search, ids: z.array(Id).max(100).optional() }).default({ limit: 50 }))
    .query(async ({ ctx: { services }, input: { cursor, limit, ...filter } }) => {
      const { projects, more } = await services.projects.list({ ...filter, before: before(cursor), limit })
      const last = projects.at(-1)
      return { items: await show(services, projects), nextCursor: more && last ? String(last.id) : null }
    }),

  get: procedure({
    rest: 'GET /projects/{id}',
    summary: 'Returns one project.',
    output: ProjectShape,
    refuses: ['project_not_found'],
  })
    .input(ById)
    .query(async ({ ctx: { services }, input: { id } }) => {
      return await showOne(services, found(await services.projects.find(id), { kind: 'project_not_found', id }))
    }),

  create: procedure({
    rest: 'POST /projects',
    summary: 'Creates a project, and its groups if they are new.',
    output: ProjectShape,
    creates: true,
    refuses: ['project_invalid', 'path_taken'],
  })
    .input(z.strictObject({ path: line(255), ...changes }))
    .mutation(async ({ ctx: { services }, input: { variables, ...given } }) =>
      showOne(
        services,
        unwrap(
          await createProject(services, {
            ...settled(given),
            ...(variables && { variables: settledVariables(variables, null) }),
          }),
        ),
      ),
    ),

  update: procedure({
    rest: 'PATCH /projects/{id}',
    summary: 'Changes the given fields of a project.',
    output: ProjectShape,
    refuses: ['project_not_found', 'project_invalid', 'path_taken', 'project_indispensable'],
  })
    .input(z.strictObject({ id: Id, path: line(255).optional(), ...changes }))
    .mutation(async ({ ctx: { services }, input: { id, variables, ...given } }) => {
      const project = variables ? await services.projects.find(id) : null
      const kept = variables && { variables: settledVariables(variables, project) }
      return await showOne(services, unwrap(await updateProject(services, id, { ...settled(given), ...kept })))
    }),

  remove: procedure({
    rest: 'DELETE /projects/{id}',
    summary: 'Removes a project; its jobs are canceled.',
    output: Nothing,
    refuses: ['project_not_found', 'project_indispensable'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => {
      unwrap(await removeProject(services, id))
    }),

  rotateRegistrationToken: procedure({
    rest: 'POST /projects/{id}/rotate-registration-token',
    summary: 'Replaces the registration token of a project at once.',
    output: NewToken,
    refuses: ['project_not_found'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => ({
      token: unwrap(await rotateRegistrationToken(services, { kind: 'project', id })),
    })),
})

/** `groups.*` of the admin API. */
export const groupsRouter = router({
  list: procedure({
    rest: 'GET /groups',
    summary: 'Lists all groups.',
    output: GroupsShape,
  }).query(async ({ ctx: { services } }) => (await services.projects.groups()).map(showGroup)),

  rotateRegistrationToken: procedure({
    rest: 'POST /groups/{id}/rotate-registration-token',
    summary: 'Replaces the registration token of a group at once.',
    output: NewToken,
    refuses: ['group_not_found'],
  })
    .input(ById)
    .mutation(async ({ ctx: { services }, input: { id } }) => ({
      token: unwrap(await rotateRegistrationToken(services, { kind: 'group', id })),
    })),
})
