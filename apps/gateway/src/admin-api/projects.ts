import { TRPCError } from '@trpc/server'
import {
  createProject,
  type Project,
  type ProjectVariable,
  removeProject,
  rotateRegistrationToken,
  type Services,
  updateProject,
} from '@yardmaster/domain'
import { z } from 'zod'
import { projectView } from '../shapes/views.ts'
import {
  Address,
  ById,
  before,
  defined,
  Id,
  line,
  page,
  Ref,
  Search,
  StoredBytes,
  VariableKey,
  VariableValue,
} from './inputs.ts'
import { adminProcedure, router, unwrap } from './trpc.ts'

const Variable = z.strictObject({
  key: VariableKey,
  /** Absent or null keeps the value of a variable that is there already: masked ones are never shown. */
  value: VariableValue.nullish(),
  masked: z.boolean().optional(),
  file: z.boolean().optional(),
  raw: z.boolean().optional(),
  protected: z.boolean().optional(),
})

const changes = {
  name: line(255).optional(),
  groupPath: line(255).nullable().optional(),
  repoUrl: Address.nullable().optional(),
  defaultBranch: Ref.optional(),
  protectedRefs: z.array(line(255)).max(200).optional(),
  timeout: z.number().int().min(1).max(2_147_483_647).optional(),
  variables: z.array(Variable).max(1000).optional(),
  instanceRunnersEnabled: z.boolean().optional(),
  groupRunnersEnabled: z.boolean().optional(),
  ciEnabled: z.boolean().optional(),
  jobTokenAllowlist: z.array(Id).max(1000).optional(),
  /** Bytes of artifacts and logs; null: what the settings say. */
  maxStoredBytes: StoredBytes.nullable().optional(),
}

function settledVariables(given: z.infer<typeof Variable>[], before: Project | null): ProjectVariable[] {
  return given.map(({ value, ...variable }) => {
    const kept = value ?? before?.variables.find(({ key }) => key === variable.key)?.value
    if (kept === undefined) {
      throw new TRPCError({
        code: 'BAD_REQUEST',
        message: `variables: ${variable.key} has no value; allowed is a string`,
      })
    }
    return { ...variable, value: kept }
  })
}

const NOTHING_STORED = { artifactBytes: 0, artifactCount: 0 }

/** Projects as they are shown; what they store is one statement for all of them. */
async function show({ artifacts }: Pick<Services, 'artifacts'>, projects: readonly Project[]) {
  const usage = await artifacts.usage(projects.map(({ id }) => id))
  const of = new Map(usage.map((used) => [used.projectId, used]))
  return projects.map((project) => projectView(project, of.get(project.id) ?? NOTHING_STORED))
}

async function showOne(services: Pick<Services, 'artifacts'>, project: Project) {
  const [used = NOTHING_STORED] = await services.artifacts.usage([project.id])
  return projectView(project, used)
}

/** `projects.*` of the admin API. */
export const projectsRouter = router({
  list: adminProcedure
    .input(z.strictObject({ ...page, search: Search, ids: z.array(Id).max(100).optional() }).default({ limit: 50 }))
    .query(async ({ ctx: { services }, input: { cursor, limit, ...filter } }) => {
      const { projects, more } = await services.projects.list({ ...filter, before: before(cursor), limit })
      const last = projects.at(-1)
      return { items: await show(services, projects), nextCursor: more && last ? String(last.id) : null }
    }),

  get: adminProcedure.input(ById).query(async ({ ctx: { services }, input: { id } }) => {
    const project = await services.projects.find(id)
    if (!project) throw new TRPCError({ code: 'NOT_FOUND', message: `There is no project ${id}.` })
    return await showOne(services, project)
  }),

  create: adminProcedure
    .input(z.strictObject({ path: line(255), ...changes }))
    .mutation(async ({ ctx: { services }, input: { variables, ...given } }) =>
      showOne(
        services,
        unwrap(
          await createProject(services, {
            ...defined(given),
            ...(variables && { variables: settledVariables(variables, null) }),
          }),
        ),
      ),
    ),

  update: adminProcedure
    .input(z.strictObject({ id: Id, path: line(255).optional(), ...changes }))
    .mutation(async ({ ctx: { services }, input: { id, variables, ...given } }) => {
      const project = variables ? await services.projects.find(id) : null
      const settled = variables && { variables: settledVariables(variables, project) }
      return await showOne(services, unwrap(await updateProject(services, id, { ...defined(given), ...settled })))
    }),

  remove: adminProcedure.input(ById).mutation(async ({ ctx: { services }, input: { id } }) => {
    unwrap(await removeProject(services, id))
  }),

  rotateRegistrationToken: adminProcedure.input(ById).mutation(async ({ ctx: { services }, input: { id } }) => ({
    token: unwrap(await rotateRegistrationToken(services, { kind: 'project', id })),
  })),
})

/** `groups.*` of the admin API. */
export const groupsRouter = router({
  list: adminProcedure.query(async ({ ctx: { services } }) =>
    (await services.projects.groups()).map(({ id, path, registrationToken }) => ({ id, path, registrationToken })),
  ),

  rotateRegistrationToken: adminProcedure.input(ById).mutation(async ({ ctx: { services }, input: { id } }) => ({
    token: unwrap(await rotateRegistrationToken(services, { kind: 'group', id })),
  })),
})
