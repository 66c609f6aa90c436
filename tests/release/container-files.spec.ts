import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { Ajv } from 'ajv'
import { validate } from 'dockerfile-utils'
import { parse } from 'yaml'
import { ROOT } from '../docs/command-blocks.ts'
import { dockerfile, said, stages, words } from './dockerfile.ts'
import { ignored } from './rehearsal.ts'

interface Service {
  readonly image?: string
  readonly build?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly restart?: string
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
}

const textOf = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const manifest = JSON.parse(textOf('package.json')) as {
  version: string
  devDependencies: Readonly<Record<string, string>>
}

const compose = parse(textOf('compose.yaml')) as {
  services: Readonly<Record<string, Service>>
  volumes: Readonly<Record<string, unknown>>
}
const services = Object.entries(compose.services)

test.describe('Dockerfile', () => {
  test('passes the validator without a warning', () => {
    expect(validate(dockerfile).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([])
  })

  test('builds on the Node.js that the repository pins, and names it in full', () => {
    const images = stages().map(({ image }) => image)
    expect(images).toHaveLength(2)
    for (const image of images) expect(image).toBe(`node:${manifest.devDependencies.node}-bookworm-slim`)
  })

  test('does not run as root, and gets signals itself', () => {
    const last = stages().at(-1)
    if (!last) throw new Error('there is no stage')
    expect(said(last, 'USER').at(-1)).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    // In JSON form there is no shell in between.
    expect(words(last, 'CMD')).toEqual(['node', 'main.js'])
    expect(words(last, 'HEALTHCHECK')).toEqual(['node', 'healthcheck.js'])
  })

  test('has no secret, no data and no earlier build in its context', async () => {
    const ignore = await ignored()
    const inside = [
      '.env',
      'data/admin-token',
      '.git/config',
      'node_modules/a/index.js',
      'apps/gateway/node_modules/a.js',
    ]
    expect(ignore.filter([...inside, 'apps/admin-ui/dist/index.html', 'dist/yardmaster-0.0.0.tgz', 'x.log'])).toEqual(
      [],
    )
    const needed = ['package.json', 'package-lock.json', 'apps/gateway/src/main.ts', 'scripts/pack.mjs']
    expect(ignore.filter(needed)).toEqual(needed)
  })
})

test.describe('compose.yaml', () => {
  test('keeps the schema of the Compose Specification', () => {
    // Published in the repository compose-spec/compose-spec under the Apache License 2.0.
    const { $schema: _, ...schema } = JSON.parse(textOf('tests/release/compose-spec.schema.json')) as {
      $schema: string
    }
    const fits = new Ajv({ strict: false, validateFormats: false }).compile(schema)
    fits(compose)
    expect(fits.errors ?? []).toEqual([])
    // Proves that the check can fail.
    expect(fits({ services: { gateway: { imagine: 'yardmaster' } } })).toBe(false)
  })

  test('pins every image by version, and builds the gateway as this version', () => {
    for (const [name, { image }] of services) {
      expect(image, name).toMatch(/^[\w./-]+:v?\d+\.\d+(\.\d+)?(-\w+)?$/)
    }
    expect(compose.services.gateway).toMatchObject({ image: `yardmaster:${manifest.version}`, build: '.' })
  })

  test('checks the health of every lasting service, and starts each after its dependencies', () => {
    for (const [name, { healthcheck, restart, depends_on = {} }] of services) {
      // The gateway's image has its own health check.
      if (restart && name !== 'gateway') expect(healthcheck, name).toBeDefined()
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const ends = compose.services[other]?.restart === undefined
        expect(condition, `${name} on ${other}`).toBe(ends ? 'service_completed_successfully' : 'service_healthy')
      }
    }
  })

  test('contains no secret, and requires each as a variable', () => {
    for (const [name, { environment = {} }] of services) {
      for (const [variable, value] of Object.entries(environment)) {
        if (!/TOKEN|PASSWORD|SECRET|_KEY$/.test(variable) || /^AWS_ACCESS_KEY_ID|ROOT_ACCESS_KEY$/.test(variable))
          continue
        expect(value, `${variable} of ${name}`).toMatch(/^\$\{\w+:\?.+\}$/)
      }
    }
    expect(compose.services.gateway?.environment?.DATABASE_URL).toMatch(/:\$\{POSTGRES_PASSWORD:\?[^}]+\}@/)
  })

  test('mounts only declared volumes, and publishes ports to this machine only', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''))
    expect([...new Set(mounted)].sort()).toEqual(Object.keys(compose.volumes).sort())
    for (const [name, { ports = [] }] of services) {
      for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/)
    }
  })
})
