import { KEYWORDS, type Keyword } from '@yardmaster/ci-config'
import { z } from 'zod'

const int = z.number().int().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER)
const text = z.string().refine((value) => value.isWellFormed() && !value.includes('\0'))
const texts = z.array(text)
const RESULT = z.enum(['on_success', 'on_failure', 'always'])

const Variable = z.strictObject({
  key: text.min(1),
  value: text,
  public: z.boolean(),
  masked: z.boolean(),
  file: z.literal(true).optional(),
  raw: z.literal(true).optional(),
})

const image = {
  name: text.min(1),
  entrypoint: texts.nullable(),
  services: z.array(z.strictObject({ number: int, protocol: text, name: text })),
  pull_policy: z.array(z.enum(['always', 'if-not-present', 'never'])).nullable(),
  executor_opts: z.strictObject({
    docker: z.strictObject({ platform: text.optional(), user: z.union([text, int]).optional() }).optional(),
    kubernetes: z.strictObject({ user: z.union([text, int]).optional() }).optional(),
  }),
}

const typed = <Name extends string, Content extends z.ZodType>(type: Name, content: Content) =>
  z.strictObject({ type: z.literal(type), content, sensitive: z.boolean() })

const reference = z.union([
  text,
  z.strictObject({ git: z.strictObject({ url: text, rev: text, dir: text.optional(), file: text.optional() }) }),
  z.strictObject({
    oci: z.strictObject({ registry: text, repository: text, tag: text, dir: text.optional(), file: text.optional() }),
  }),
])
const Steps = z.array(
  z.strictObject({
    name: text,
    script: text.optional(),
    step: reference.optional(),
    func: reference.optional(),
    env: z.record(z.string(), text).optional(),
    inputs: z.record(z.string(), z.unknown()).optional(),
  }),
)

const options = <Key extends string>(...keys: Key[]) =>
  Object.fromEntries(keys.map((key) => [key, text.optional()])) as Record<Key, z.ZodOptional<typeof text>>
const engine = z.strictObject({ name: text, path: text })
const Secret = z.strictObject({
  file: z.boolean().optional(),
  vault: z
    .strictObject({
      server: z.strictObject({
        url: text,
        namespace: text.optional(),
        auth: z.strictObject({ name: text, path: text, data: z.record(z.string(), z.unknown()) }),
      }),
      engine,
      path: text,
      field: text,
    })
    .optional(),
  azure_key_vault: z
    .strictObject({
      server: z.strictObject({ client_id: text, tenant_id: text, jwt: text, url: text }),
      name: text,
      ...options('version'),
    })
    .optional(),
  aws_secrets_manager: z
    .strictObject({
      server: z.strictObject({ region: text, ...options('jwt', 'role_arn', 'role_session_name') }),
      secret_id: text,
      ...options('version_id', 'version_stage', 'field', 'region', 'role_arn', 'role_session_name'),
    })
    .optional(),
})

/** Keywords that are passed on as they are stored: here any value, unless it is described below. */
const passedOn: object = Object.fromEntries(
  Object.values<Keyword<unknown>>(KEYWORDS).flatMap(({ payload }) => (payload ? [[payload, z.unknown()]] : [])),
)

/**
 * The types of the runner's decoder (`docs/protocol/client.md 11`). Coerces nothing and refuses unknown keys.
 */
export const JobPayloadShape = z
  .strictObject({
    ...(passedOn as Record<never, never>),
    id: int.positive(),
    token: text.min(1),
    allow_git_fetch: z.boolean(),
    job_info: z.strictObject({
      id: int,
      name: text,
      stage: text,
      pipeline_id: int,
      project_id: int,
      project_name: text,
      project_full_path: text,
      namespace_id: int.optional(),
      time_in_queue_seconds: z.number().nullable(),
      project_jobs_running_on_instance_runners_count: z.string().regex(/^(\d+\+?|\+Inf)$/),
      queue_size: int,
      queue_depth: int,
    }),
    git_info: z.strictObject({
      repo_url: text,
      ref: text,
      // A shorter hash makes the runner panic.
      sha: text.min(8),
      before_sha: text.min(8),
      ref_type: z.enum(['branch', 'tag']),
      refspecs: texts,
      depth: int.min(0),
      repo_object_format: z.enum(['sha1', 'sha256']),
      protected: z.boolean().nullable(),
    }),
    // The runner reads 0 and less as two hours.
    runner_info: z.strictObject({ timeout: int.min(1), runner_session_url: text.nullable() }),
    inputs: z.array(
      z.strictObject({
        key: text.min(1),
        value: z.discriminatedUnion('type', [
          typed('string', text),
          typed('number', z.number()),
          typed('boolean', z.boolean()),
          typed('array', z.array(z.unknown())),
          typed('struct', z.record(z.string(), z.unknown())),
        ]),
      }),
    ),
    variables: z.array(Variable),
    steps: z
      .array(
        z.strictObject({
          name: z.enum(['script', 'release', 'after_script']),
          script: texts.min(1),
          timeout: int.min(1),
          when: z.enum(['on_success', 'always']),
          allow_failure: z.boolean(),
        }),
      )
      .nullable(),
    run: z
      .string()
      .refine((run) => Steps.safeParse(JSON.parse(run)).success)
      .optional(),
    hooks: z.array(
      z.strictObject({ name: z.enum(['pre_get_sources_script', 'post_get_sources_script']), script: texts }),
    ),
    image: z.strictObject(image).nullable(),
    services: z.array(
      z.strictObject({
        ...image,
        alias: text.nullable(),
        command: texts.nullable(),
        variables: z.array(Variable).nullable(),
      }),
    ),
    artifacts: z
      .array(
        z.strictObject({
          name: text.nullable(),
          untracked: z.boolean().optional(),
          paths: texts.nullable(),
          exclude: texts.optional(),
          when: RESULT.nullable(),
          expire_in: text.nullable(),
          artifact_type: text,
          artifact_format: z.enum(['zip', 'gzip', 'raw']),
        }),
      )
      .nullable(),
    cache: z.array(
      z.strictObject({
        key: text.min(1),
        untracked: z.boolean().nullable(),
        paths: texts.nullable(),
        policy: z.enum(['pull-push', 'pull', 'push']),
        when: RESULT,
        fallback_keys: texts,
      }),
    ),
    credentials: z.array(z.never()),
    dependencies: z.array(
      z.strictObject({
        id: int,
        name: text,
        token: text,
        artifacts_file: z.strictObject({ filename: text, size: int }).optional(),
      }),
    ),
    features: z.strictObject({ trace_sections: z.boolean(), failure_reasons: texts }),
    secrets: z.record(z.string(), Secret),
  })
  .meta({ id: 'Job' })
  .refine((payload) => payload.run === undefined || payload.steps === null)
  .refine((payload) => payload.run === undefined || payload.variables.every(({ key }) => key !== 'STEPS'))
