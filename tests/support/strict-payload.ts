/** A JSON type that a runner's decoder expects. `null` and absent are harmless except in `run`. */
type Shape =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'anything'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly members: Readonly<Record<string, Shape>> }

/** A number with its source text: the decoder refuses `7.0` as an integer, but parsing hides the fraction. */
class Written {
  readonly source: string
  constructor(source: string) {
    this.source = source
  }
}

const members = (shapes: Readonly<Record<string, Shape>>): Shape => ({ members: shapes })
const list = (shape: Shape): Shape => ({ list: shape })

const variable = members({
  key: 'string',
  value: 'string',
  public: 'boolean',
  file: 'boolean',
  masked: 'boolean',
  raw: 'boolean',
})
const executorOpts = members({
  docker: members({ platform: 'string', user: 'anything' }),
  kubernetes: members({ user: 'anything' }),
})
const ports = list(members({ number: 'integer', protocol: 'string', name: 'string' }))
const image = {
  name: 'string',
  alias: 'string',
  command: list('string'),
  entrypoint: list('string'),
  ports,
  variables: list(variable),
  pull_policy: list('string'),
  executor_opts: executorOpts,
} as const

/** `docs/protocol/client.md 11` and `docs/protocol/job-request.md 9`. */
const PAYLOAD: Readonly<Record<string, Shape>> = {
  id: 'integer',
  token: 'string',
  allow_git_fetch: 'boolean',
  job_info: members({
    id: 'integer',
    name: 'string',
    stage: 'string',
    project_id: 'integer',
    project_name: 'string',
    time_in_queue_seconds: 'number',
    project_jobs_running_on_instance_runners_count: 'string',
    queue_size: 'integer',
    queue_depth: 'integer',
    project_full_path: 'string',
    namespace_id: 'integer',
    root_namespace_id: 'integer',
    organization_id: 'integer',
    instance_id: 'string',
    instance_uuid: 'string',
    user_id: 'integer',
    scoped_user_id: 'integer',
    pipeline_id: 'integer',
  }),
  git_info: members({
    repo_url: 'string',
    ref: 'string',
    sha: 'string',
    before_sha: 'string',
    ref_type: 'string',
    refspecs: list('string'),
    depth: 'integer',
    repo_object_format: 'string',
    protected: 'boolean',
  }),
  runner_info: members({ timeout: 'integer', runner_session_url: 'string', uuid: 'string' }),
  variables: list(variable),
  steps: list(
    members({ name: 'string', script: list('string'), timeout: 'integer', when: 'string', allow_failure: 'boolean' }),
  ),
  run: 'string',
  hooks: list(members({ name: 'string', script: list('string') })),
  image: members(image),
  services: list(members(image)),
  artifacts: list(
    members({
      name: 'string',
      untracked: 'boolean',
      paths: list('string'),
      exclude: list('string'),
      when: 'string',
      artifact_type: 'string',
      artifact_format: 'string',
      expire_in: 'string',
    }),
  ),
  cache: list(
    members({
      key: 'string',
      untracked: 'boolean',
      policy: 'string',
      paths: list('string'),
      when: 'string',
      fallback_keys: list('string'),
    }),
  ),
  credentials: list(members({ type: 'string', url: 'string', username: 'string', password: 'string' })),
  dependencies: list(
    members({
      id: 'integer',
      token: 'string',
      name: 'string',
      artifacts_file: members({ filename: 'string', size: 'integer' }),
    }),
  ),
  features: members({
    trace_sections: 'boolean',
    token_mask_prefixes: list('string'),
    failure_reasons: list('string'),
  }),
  secrets: { map: 'anything' },
  inputs: list(
    members({ key: 'string', value: members({ type: 'string', content: 'anything', sensitive: 'boolean' }) }),
  ),
  policy_options: members({}),
  suspend_options: members({}),
}

/**
 * Returns what a real runner's decoder would refuse in a payload, one sentence per place; empty for a valid payload. A
 * single refusal loses the whole job, and the server never learns of it.
 */
export function refusalsOfPayload(text: string): string[] {
  const payload: unknown = JSON.parse(text, function (this: unknown, _key, value, context?: { source?: string }) {
    return typeof value === 'number' ? new Written(context?.source ?? String(value)) : value
  } as (this: unknown, key: string, value: unknown) => unknown)
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return ['payload: no object']
  const refusals = check('payload', { members: PAYLOAD }, payload)
  const { run, id, token, inputs } = payload as Record<string, unknown>
  if (run === null || run === '') refusals.push('payload.run: must be absent when unused')
  if (!(id instanceof Written) || Number(id.source) <= 0) refusals.push('payload.id: needed')
  if (typeof token !== 'string' || token === '') refusals.push('payload.token: needed')
  return [...refusals, ...checkInputs(inputs)]
}

function check(at: string, shape: Shape, value: unknown): string[] {
  if (value === null || value === undefined || shape === 'anything') return []
  if (typeof shape === 'string') return fits(shape, value) ? [] : [`${at}: ${JSON.stringify(value)} is no ${shape}`]
  if ('list' in shape) {
    if (!Array.isArray(value)) return [`${at}: ${JSON.stringify(value)} is no array`]
    return value.flatMap((item, index) => check(`${at}[${index}]`, shape.list, item))
  }
  if (typeof value !== 'object' || Array.isArray(value) || value instanceof Written) return [`${at}: is no object`]
  return Object.entries(value).flatMap(([key, member]) => {
    const known = 'map' in shape ? shape.map : shape.members[key]
    return known === undefined ? [] : check(`${at}.${key}`, known, member)
  })
}

function fits(shape: Shape, value: unknown): boolean {
  if (value instanceof Written) {
    return (
      shape === 'number' || (shape === 'integer' && /^-?\d+$/.test(value.source) && Number.isSafeInteger(+value.source))
    )
  }
  return typeof value === shape
}

function checkInputs(inputs: unknown): string[] {
  if (!Array.isArray(inputs)) return []
  return inputs.flatMap(({ key, value }: { key: string; value: { type: string; content: unknown } }) => {
    const { type, content } = value
    const found = content instanceof Written ? 'number' : Array.isArray(content) ? 'array' : typeof content
    const wanted = type === 'struct' ? 'object' : type
    const sound = key !== '' && content !== null && content !== undefined && found === wanted
    return sound ? [] : [`payload.inputs ${JSON.stringify(key)}: ${JSON.stringify(content)} is no ${type}`]
  })
}
