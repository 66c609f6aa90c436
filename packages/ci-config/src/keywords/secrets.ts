import { entries, type Found, flag, isText, member, members, refuse, required, text, word } from './reading.ts'
import { variableKey } from './variables.ts'

interface Surroundings {
  /** Returns whether the job will have a variable, as far as this is known when the job is created. */
  knows(key: string): boolean
  /** The name of the job's id token; null when it has none or several. */
  readonly onlyToken: string | null
}

/**
 * Reads secrets that the runner fetches: variable name → provider, with everything the runner needs to reach it. The
 * server is written out under `server`, or built from the variables that the reference documents, which the runner
 * expands.
 *
 * @see `docs/protocol/job-request.md 9.13`
 */
export function secrets(found: Found, surroundings: Surroundings): Record<string, unknown> {
  return Object.fromEntries(
    entries(found, 'an object of variable names and secrets').map(([key, secret]) => [
      variableKey(secret.at, key),
      one(secret, surroundings),
    ]),
  )
}

/**
 * The members of an object; those with a `?` are optional. `text`: text or a whole number; `texts`: an object of texts.
 */
interface Shape {
  readonly [key: string]: Shape | 'text' | 'texts'
}

const ENGINE = { name: 'text', path: 'text' } as const

/** The members that each provider allows. These are the names used on the wire; a runner decodes no others. */
const SHAPES = {
  vault: {
    'server?': { url: 'text', 'namespace?': 'text', auth: { name: 'text', path: 'text', data: 'texts' } },
    engine: ENGINE,
    path: 'text',
    field: 'text',
  },
  gcp_secret_manager: {
    'server?': {
      project_number: 'text',
      workload_identity_federation_pool_id: 'text',
      workload_identity_federation_provider_id: 'text',
      jwt: 'text',
    },
    name: 'text',
    'version?': 'text',
  },
  azure_key_vault: {
    'server?': { client_id: 'text', tenant_id: 'text', jwt: 'text', url: 'text' },
    name: 'text',
    'version?': 'text',
  },
  aws_secrets_manager: {
    'server?': { region: 'text', 'jwt?': 'text', 'role_arn?': 'text', 'role_session_name?': 'text' },
    secret_id: 'text',
    'version_id?': 'text',
    'version_stage?': 'text',
    'field?': 'text',
    'region?': 'text',
    'role_arn?': 'text',
    'role_session_name?': 'text',
  },
  // GitLab knows the server of this provider; here it must be given.
  gitlab_secrets_manager: {
    server: { url: 'text', inline_auth: { path: 'text', 'jwt?': 'text', 'role?': 'text', 'auth_mount?': 'text' } },
    engine: ENGINE,
    path: 'text',
    field: 'text',
  },
} satisfies Record<string, Shape>

type Provider = keyof typeof SHAPES
const PROVIDERS = Object.keys(SHAPES) as Provider[]

/** References to variables that the job has. */
interface Words {
  readonly jwt: string
  /** Refuses when the variable is not known. */
  needed(variable: string): string
  maybe(key: string, variable: string): Record<string, string>
  or(variable: string, otherwise: string): string
}

const SERVERS: { readonly [P in Provider]?: (words: Words) => unknown } = {
  vault: (words) => ({
    url: words.needed('VAULT_SERVER_URL'),
    ...words.maybe('namespace', 'VAULT_NAMESPACE'),
    auth: {
      name: 'jwt',
      path: words.or('VAULT_AUTH_PATH', 'jwt'),
      data: { jwt: words.jwt, ...words.maybe('role', 'VAULT_AUTH_ROLE') },
    },
  }),
  gcp_secret_manager: (words) => ({
    project_number: words.needed('GCP_PROJECT_NUMBER'),
    workload_identity_federation_pool_id: words.needed('GCP_WORKLOAD_IDENTITY_FEDERATION_POOL_ID'),
    workload_identity_federation_provider_id: words.needed('GCP_WORKLOAD_IDENTITY_FEDERATION_PROVIDER_ID'),
    jwt: words.jwt,
  }),
  azure_key_vault: (words) => ({
    client_id: words.needed('AZURE_CLIENT_ID'),
    tenant_id: words.needed('AZURE_TENANT_ID'),
    jwt: words.jwt,
    url: words.needed('AZURE_KEY_VAULT_SERVER_URL'),
  }),
  aws_secrets_manager: (words) => ({
    region: words.needed('AWS_REGION'),
    jwt: words.jwt,
    ...words.maybe('role_arn', 'AWS_ROLE_ARN'),
    ...words.maybe('role_session_name', 'AWS_ROLE_SESSION_NAME'),
  }),
}

function one(found: Found, surroundings: Surroundings): Record<string, unknown> {
  const given = members(found, [...PROVIDERS, 'file', 'token'])
  const named = PROVIDERS.filter((provider) => given[provider])
  const [provider] = named
  const secret = provider && given[provider]
  if (!secret || named.length > 1) {
    return refuse(found.at, `found ${named.length} providers; allowed: exactly one of ${PROVIDERS.join(', ')}`)
  }
  const written = shaped(longhand(provider, secret), SHAPES[provider])
  return {
    [provider]: Object.hasOwn(written, 'server')
      ? written
      : { ...written, server: SERVERS[provider]?.(wordsFor(found, given.token, surroundings)) },
    ...(given.file && { file: flag(given.file) }),
  }
}

function wordsFor(secret: Found, token: Found | undefined, { knows, onlyToken }: Surroundings): Words {
  const reference = (variable: string): string => `\${${variable}}`
  const standard = onlyToken === null ? null : reference(onlyToken)
  const jwt = token ? word(token) : standard
  if (jwt === null)
    return refuse(secret.at, 'needs token, a variable with a JWT: the job does not have exactly one id token')
  return {
    jwt,
    needed(variable) {
      if (!knows(variable)) refuse(secret.at, `needs the variable ${variable}, or its server written out`)
      return reference(variable)
    },
    maybe: (key, variable) => (knows(variable) ? { [key]: reference(variable) } : {}),
    or: (variable, otherwise) => (knows(variable) ? reference(variable) : otherwise),
  }
}

/** Expands the short forms of the reference. */
function longhand(provider: Provider, secret: Found): Found {
  if (!isText(secret)) return secret
  const { at } = secret
  if (provider === 'vault') return { at, value: vaultPath(secret) }
  if (provider !== 'aws_secrets_manager') return secret
  const [id = '', field] = word(secret).split('#', 2)
  return { at, value: { secret_id: id, field: field ?? null } }
}

/** Reads `production/db/password@ops`: field `password` of `production/db` in the engine at `ops`. */
function vaultPath(found: Found): unknown {
  const [secret = '', engine = 'kv-v2', ...more] = word(found).split('@')
  const slash = secret.lastIndexOf('/')
  if (slash <= 0 || slash === secret.length - 1 || engine === '' || more.length > 0) {
    refuse(found.at, 'allowed: path/of/secret/field@path/of/engine, or an object with engine, path and field')
  }
  return { engine: { name: 'kv-v2', path: engine }, path: secret.slice(0, slash), field: secret.slice(slash + 1) }
}

function shaped(found: Found, shape: Shape): Record<string, unknown> {
  const fields = Object.entries(shape).map(([name, form]) => {
    const key = name.replace('?', '')
    return { key, form, needed: key === name }
  })
  const given = members<string>(
    found,
    fields.map(({ key }) => key),
  )
  return Object.fromEntries(
    fields
      .filter(({ key, needed }) => needed || given[key])
      .map(({ key, form }) => [key, required(given[key], member(found.at, key), (field) => formed(field, form))]),
  )
}

function formed(field: Found, form: Shape | 'text' | 'texts'): unknown {
  if (form === 'text') return Number.isSafeInteger(field.value) ? String(field.value) : word(field)
  if (form === 'texts') return Object.fromEntries(entries(field).map(([key, value]) => [key, text(value)]))
  return shaped(field, form)
}
