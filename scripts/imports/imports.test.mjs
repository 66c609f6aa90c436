import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { faultsIn } from './faults.mjs'
import { importsOf, readGraph } from './graph.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const { graph, entries } = readGraph(ROOT)

/** Returns the faults found when one more line stands at the top of a file, which may be a new one. */
function faultsWith(file, line) {
  const text = graph.has(file) ? readFileSync(join(ROOT, file), 'utf8') : ''
  return faultsIn(new Map([...graph, [file, importsOf(file, `${line}\n${text}`, entries)]]))
}

it('the repository imports nothing that is not allowed', () => {
  expect(graph.size).toBeGreaterThan(500)
  expect(faultsIn(graph)).toEqual([])
})

const value = (specifier) => `import * as tried from '${specifier}'`
const type = (specifier) => `import type * as tried from '${specifier}'`

describe('an import that is not allowed is refused', () => {
  it.each([
    // The domain has no imports of implementations.
    ['packages/domain/src/jobs/job.ts', value('@yardmaster/db')],
    ['packages/domain/src/jobs/job.ts', type('@yardmaster/db')],
    ['packages/domain/src/jobs/job.ts', value('node:fs/promises')],
    ['packages/domain/src/jobs/job.ts', value('node:http')],
    ['packages/domain/src/jobs/job.ts', value('fs')],
    ['packages/domain/src/jobs/job.ts', value('../../../../apps/gateway/src/log.ts')],
    ['packages/db/src/jobs.ts', value('../../../apps/gateway/src/log.ts')],
    ['packages/db/src/jobs.ts', value('@yardmaster/gateway/api')],
    ['packages/db/src/jobs.ts', value('@yardmaster/domain/src/jobs/job.ts')],
    // Packages that also run in browsers import neither Node's modules nor the domain.
    ['packages/ci-config/src/duration.ts', value('@yardmaster/domain')],
    ['packages/ci-config/src/duration.ts', value('@yardmaster/domain/jobs')],
    ['packages/ci-config/src/duration.ts', value('node:crypto')],
    ['packages/common/src/text.ts', value('@yardmaster/domain')],
    ['packages/common/src/text.ts', value('node:buffer')],
    ['packages/trace-format/src/line.ts', value('@yardmaster/domain')],
    ['packages/trace-format/src/line.ts', value('node:util')],
    // In the gateway, the APIs reach the database and the adapters only through ports.
    ['apps/gateway/src/admin-api/jobs.ts', value('@yardmaster/db')],
    ['apps/gateway/src/runner-api/routes.ts', value('@yardmaster/db')],
    ['apps/gateway/src/downloads.ts', value('@yardmaster/db')],
    ['apps/gateway/src/adapters/memory-scratch.ts', value('@yardmaster/db')],
    ['apps/gateway/src/downloads.ts', value('./adapters/memory-scratch.ts')],
    ['apps/gateway/src/runner-api/routes.ts', value('../adapters/memory-scratch.ts')],
    ['apps/gateway/src/runner-api/routes.ts', value('../admin-api/inputs.ts')],
    ['apps/gateway/src/admin-api/jobs.ts', type('../runner-api/context.ts')],
    ['apps/gateway/src/http/reply.ts', value('../runner-api/parameters.ts')],
    ['apps/gateway/src/log.ts', value('./http/strings.ts')],
    ['apps/gateway/src/process/stop.ts', value('../compose.ts')],
    ['apps/gateway/src/shapes/views.ts', value('../admin-api/inputs.ts')],
    ['apps/gateway/src/server.ts', value('./compose.ts')],
    // The product does not import helpers of tests.
    ['apps/gateway/src/admin-api/jobs.ts', value('../testing/test-gateway.ts')],
    ['apps/gateway/src/compose.ts', value('./testing/trace-scene.ts')],
    ['apps/gateway/src/server.ts', value('./testing/test-gateway.ts')],
    ['apps/gateway/src/server.ts', type('./testing/test-gateway.ts')],
    ['apps/gateway/src/compose.ts', value('@yardmaster/db/testing')],
    ['apps/gateway/src/adapters/memory-scratch.ts', value('./scratch.contract.ts')],
    ['packages/domain/src/artifacts/dotenv.ts', value('./testing.ts')],
    ['packages/domain/src/jobs/job.ts', value('../testing/test-services.ts')],
    ['packages/domain/src/jobs/job.test.ts', value('../../../../apps/gateway/src/log.ts')],
    ['packages/db/src/jobs.ts', value('./testing/samples.ts')],
    ['apps/gateway/src/testing/trace-scene.ts', value('../downloads.test.ts')],
    // The dashboard
    ['apps/admin-ui/src/lib/api.ts', value('@yardmaster/domain')],
    ['apps/admin-ui/src/lib/api.ts', value('@yardmaster/gateway/api')],
    ['apps/admin-ui/src/lib/api.ts', "import { type AppRouter, appRouter } from '@yardmaster/gateway/api'"],
    ['apps/admin-ui/src/lib/api.ts', "export { appRouter } from '@yardmaster/gateway/api'"],
    ['apps/admin-ui/src/lib/api.ts', "const tried = import('@yardmaster/gateway/api')"],
    ['apps/admin-ui/src/lib/api.ts', value('node:path')],
    ['apps/admin-ui/src/lib/time.ts', value('../components/ui/time.tsx')],
    ['apps/admin-ui/src/components/ui/time.tsx', value('../shell.tsx')],
    ['apps/admin-ui/src/components/ui/time.tsx', type('../jobs/job-table.tsx')],
    ['apps/admin-ui/src/components/ui/time.tsx', value('../../pages/jobs.tsx')],
    ['apps/admin-ui/src/components/shell.tsx', value('../pages/jobs.tsx')],
    ['apps/admin-ui/src/pages/jobs.tsx', value('../routes.tsx')],
    // The command
    ['apps/cli/src/client.ts', value('@yardmaster/gateway/api')],
    ['apps/cli/src/client.ts', type('@yardmaster/domain')],
    ['apps/cli/src/main.ts', value('@yardmaster/db')],
    ['apps/cli/src/main.ts', type('../../gateway/src/log.ts')],
    // Black-box tests use only the running gateway.
    ['tests/support/admin.ts', value('@yardmaster/domain')],
    ['tests/support/admin.ts', value('@yardmaster/gateway/api')],
    ['tests/support/admin.ts', value('../../apps/gateway/src/log.ts')],
    ['tests/support/admin.ts', type('../../apps/gateway/src/log.ts')],
    ['scripts/lint.mjs', value('../apps/gateway/src/log.ts')],
  ])('in %s: %s', (file, line) => {
    const [fault, ...others] = faultsWith(file, line)
    expect(fault).toContain(`${file}:1 imports `)
    expect(others.filter((other) => !other.startsWith('these '))).toEqual([])
  })
})

describe('a circle is refused', () => {
  it.each([
    ['of files', 'packages/domain/src/jobs/job.ts', value('./describe-job.ts')],
    ['of types', 'packages/domain/src/jobs/job.ts', type('./describe-job.ts')],
    [
      'of a type that is named where it is used',
      'packages/domain/src/jobs/job.ts',
      "type Tried = import('./describe-job.ts').JobDetails",
    ],
    ['of a file with itself', 'packages/domain/src/jobs/job.ts', value('./job.ts')],
  ])('%s', (_, file, line) => {
    expect(faultsWith(file, line).join('\n')).toMatch(/^these files import each other: .*jobs\/job\.ts/)
  })

  it.each([
    ['packages/domain/src/jobs/slug.ts', '../traces/checksum.ts'],
    ['packages/domain/src/runners/features.ts', '../jobs/slug.ts'],
    ['packages/domain/src/wakeups/job-events.ts', '../jobs/slug.ts'],
  ])('of folders of the domain: %s and %s', (file, target) => {
    const faults = faultsWith(file, value(target)).join('\n')
    expect(faults).toContain('these folders of the domain depend on each other: ')
  })
})

describe('what is allowed is not refused', () => {
  it.each([
    ['packages/domain/src/jobs/job.ts', value('node:crypto')],
    ['packages/domain/src/jobs/job.test.ts', value('node:fs/promises')],
    ['packages/domain/src/jobs/job.test.ts', value('@yardmaster/db/testing')],
    ['apps/gateway/src/compose.ts', value('@yardmaster/db')],
    ['apps/gateway/src/compose.test.ts', value('@yardmaster/db/testing')],
    ['apps/gateway/src/testing/trace-scene.ts', value('../adapters/memory-scratch.ts')],
    ['apps/admin-ui/src/lib/api.ts', type('@yardmaster/gateway/api')],
    ['apps/admin-ui/src/lib/api.ts', "type Tried = import('@yardmaster/gateway/api').AppRouter"],
    ['apps/cli/src/client.ts', type('@yardmaster/gateway/api')],
    ['apps/cli/src/client.ts', value('node:fs')],
    ['packages/domain/src/jobs/job.ts', "// import('node:fs') in a comment is text"],
  ])('in %s: %s', (file, line) => {
    expect(faultsWith(file, line)).toEqual([])
  })
})
