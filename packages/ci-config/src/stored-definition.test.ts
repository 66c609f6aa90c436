import { NewerFormError, newestVersion } from '@yardmaster/common'
import { describe, expect, it } from 'vitest'
import type { JobDefinition } from './job-definition.ts'
import { parseDefinition } from './parse-job.ts'
import { DEFINITION, storedDefinition, upgradeDefinition } from './stored-definition.ts'

/** A definition that uses every part. */
const RICH = definitionOf({
  script: ['make'],
  before_script: ['prepare'],
  after_script: ['tidy'],
  image: {
    name: 'alpine:3',
    entrypoint: ['sh'],
    pull_policy: 'always',
    docker: { platform: 'linux/arm64', user: 'me' },
  },
  services: [{ name: 'postgres', alias: 'db', command: ['postgres'], variables: { A: 'b' } }],
  variables: { MODE: 'release', RAW: { value: '$A', expand: false } },
  tags: ['linux'],
  timeout: '1h',
  artifacts: { name: 'out', paths: ['out'], exclude: ['*.o'], expire_in: '1 week', reports: { junit: 'junit.xml' } },
  cache: { key: 'modules', paths: ['modules'], fallback_keys: ['main'], policy: 'pull' },
  retry: { max: 2, when: 'always', exit_codes: 3 },
  allow_failure: { exit_codes: [7] },
  when: 'delayed',
  start_in: '5 minutes',
  resource_group: 'production',
  hooks: { pre_get_sources_script: ['fetch'] },
  inputs: { depth: { default: 3, type: 'number' } },
  interruptible: true,
  release: { tag_name: 'v1', description: 'first' },
})

const STEPS = definitionOf({ run: [{ name: 'hello', script: 'echo hello' }] })

/** A trigger job, as the release that introduced it stores it. It is in databases, so that it never changes. */
const STORED_TRIGGER = {
  ...{ version: 3, beforeScript: [], script: [], afterScript: [], release: [], run: null, secrets: {} },
  ...{ image: null, services: [], tags: [], timeout: null, artifacts: null, cache: [], dependencies: [] },
  ...{ retry: { max: 0, when: [], exitCodes: [] }, resourceGroup: null, hooks: [], inputs: [], interruptible: false },
  ...{ variables: [], allowFailure: false, allowFailureExitCodes: [], when: 'on_success', startIn: null },
  trigger: { include: [{ local: 'child.yml' }], strategy: 'depend' },
}

/** What the release that introduced `needs:pipeline` adds to a job with it, which never changes either. */
const STORED_FAMILY = { version: 4, familyDependencies: [{ pipeline: '$PARENT', job: 'build' }] }

/** The keys of the first version. They are stored in databases, so this list never changes. */
const FIRST_VERSION = [
  ...[
    'beforeScript',
    'script',
    'afterScript',
    'image',
    'services',
    'variables',
    'tags',
    'timeout',
    'artifacts',
    'cache',
  ],
  ...['dependencies', 'retry', 'allowFailure', 'allowFailureExitCodes', 'when', 'startIn', 'resourceGroup', 'hooks'],
  ...['inputs', 'interruptible', 'release', 'run', 'secrets'],
  ...['image.name', 'image.entrypoint', 'image.pullPolicy', 'image.executorOpts'],
  ...['image.executorOpts.docker', 'image.executorOpts.docker.platform', 'image.executorOpts.docker.user'],
  ...['image.executorOpts.kubernetes', 'image.executorOpts.kubernetes.user'],
  ...['services.alias', 'services.command', 'services.variables'],
  ...['variables.key', 'variables.value', 'variables.masked', 'variables.file', 'variables.raw'],
  ...['artifacts.name', 'artifacts.untracked', 'artifacts.paths', 'artifacts.exclude', 'artifacts.when'],
  ...['artifacts.expireIn', 'artifacts.accessibility', 'artifacts.reports', 'artifacts.reports.type'],
  'artifacts.reports.paths',
  ...['cache.key', 'cache.untracked', 'cache.unprotect', 'cache.paths', 'cache.policy', 'cache.when'],
  'cache.fallbackKeys',
  ...['retry.max', 'retry.when', 'retry.exitCodes', 'hooks.name', 'hooks.script'],
  ...['inputs.key', 'inputs.type', 'inputs.content', 'inputs.sensitive'],
]

describe('a stored definition', () => {
  it('is read as it was written, with its version', () => {
    for (const definition of [RICH, STEPS]) {
      const stored = JSON.parse(JSON.stringify(storedDefinition(definition)))
      expect(stored.version).toBe(1)
      expect(upgradeDefinition(stored)).toEqual(definition)
      const { version: _, ...unversioned } = stored
      expect(upgradeDefinition(unversioned)).toEqual(definition)
    }
  })

  it.each(Object.keys(DEFINITION) as (keyof JobDefinition)[])(
    'of a release that did not know %s gets its default',
    (key) => {
      const definition = key === 'script' ? STEPS : RICH
      const { [key]: _, ...older } = definition
      const { [key]: filled, ...rest } = upgradeDefinition(older)
      expect(rest).toEqual(older)
      // The value that a job without the keyword gets today.
      expect(filled).toEqual(key === 'script' ? [] : definitionOf({ script: ['make'] })[key])
    },
  )

  it('of a trigger job is read with the defaults of what it does not say, and is stored as it was', () => {
    const definition = upgradeDefinition(STORED_TRIGGER)
    expect(definition).toMatchObject({
      script: [],
      trigger: {
        ...{ include: [{ local: 'child.yml' }], strategy: 'depend' },
        ...{ forwardsYamlVariables: true, forwardsPipelineVariables: false },
      },
    })
    expect(storedDefinition(definition)).toMatchObject({ version: 3, trigger: STORED_TRIGGER.trigger })
  })

  it('of a job that needs one of another pipeline is read, and stored as it was', () => {
    const definition = upgradeDefinition({ ...RICH, ...STORED_FAMILY })
    expect(definition).toEqual({ ...RICH, familyDependencies: STORED_FAMILY.familyDependencies })
    expect(storedDefinition(definition)).toMatchObject(STORED_FAMILY)
  })

  it('without anything to do is damaged: its job would do nothing and succeed', () => {
    for (const stored of [{}, { ...RICH, script: [] }, { version: 1, when: 'on_success' }, null, 'make']) {
      expect(() => upgradeDefinition(stored), JSON.stringify(stored)).toThrow(TypeError)
    }
  })

  it('of a newer release is refused', () => {
    const version = newestVersion(DEFINITION) + 1
    expect(() => upgradeDefinition({ ...RICH, version })).toThrow(NewerFormError)
  })

  it('has in its first version what the first release stored; new keys need a new version', () => {
    expect(
      keysSince(1, DEFINITION)
        .filter((path) => !REPEATED.test(path))
        .sort(),
    ).toEqual(FIRST_VERSION.sort())
  })
})

/** Parts that occur in other places of a definition too. */
const REPEATED = /^services\.(?:name|entrypoint|pullPolicy|executorOpts|variables\.)/

interface Keys {
  readonly [name: string]: { readonly since: number; readonly parts?: Keys }
}

function keysSince(version: number, form: object, at = ''): string[] {
  return Object.entries(form as Keys).flatMap(([name, { since, parts }]) => [
    ...(since === version ? [`${at}${name}`] : []),
    ...(parts ? keysSince(version, parts, `${at}${name}.`) : []),
  ])
}

function definitionOf(keywords: unknown): JobDefinition {
  const parsed = parseDefinition(keywords)
  if (!parsed.ok) throw new Error(`${parsed.error.field} ${parsed.error.reason}`)
  return parsed.value
}
