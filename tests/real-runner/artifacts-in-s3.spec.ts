import { test } from '../support/real-fixtures.ts'
import { hasServers } from '../support/storage.ts'
import { passArtifacts } from './pass-artifacts.ts'

test.skip(!hasServers, 'no servers were started')
test.use({ storageKind: hasServers ? 'production' : 'embedded' })

passArtifacts({ status: 302 })
